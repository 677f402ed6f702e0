"""The people's part of `kontor.contacts.v1.Contacts`: messages to values and back."""

from __future__ import annotations

import uuid
from typing import Any

from kontor.contacts.v1 import contacts_pb2, finding_pb2, finding_pb2_grpc

from kernel.clock import to_timestamp
from kernel.pages import Pages, page_size
from kernel.rpc.authorize import OwnContact
from kernel.rpc.call import current_principal
from kernel.rpc.masking import masked_for_caller
from kernel.rpc.rows import reachable_rows
from services.contacts.people.model import RELATIONS, ContactView, Relation, Wanted, check_mask
from services.contacts.people.service import PeopleService
from services.contacts.text import clean

_FIELDS = tuple(field.name for field in contacts_pb2.Contact.DESCRIPTOR.fields)
_SELECTED_BY_DEFAULT = 1_000


class PeopleRpc:
    """Handlers of the people's RPCs."""

    def __init__(self, service: PeopleService, pages: Pages, finder: OwnContact) -> None:
        self._people = service
        self._finder = finder
        self._pages = pages

    async def GetContact(self, request: contacts_pb2.GetContactRequest, context: Any) -> contacts_pb2.Contact:
        return contact_message(await self._people.get_contact(uuid.UUID(request.contact_id)))

    async def BatchGetContacts(
        self, request: contacts_pb2.BatchGetContactsRequest, context: Any
    ) -> contacts_pb2.BatchGetContactsResponse:
        found, missing = await self._people.batch_get_contacts(
            [uuid.UUID(i) for i in request.contact_ids], await reachable_rows(self._finder)
        )
        return contacts_pb2.BatchGetContactsResponse(
            contacts=[contact_message(view) for view in found], missing_ids=[str(i) for i in missing]
        )

    async def ListContacts(
        self, request: contacts_pb2.ListContactsRequest, context: Any
    ) -> contacts_pb2.ListContactsResponse:
        position = self._pages.position(request)
        size = page_size(request.page_size)
        found, total = await self._people.list_contacts(
            _wanted(request.filter, request.query),
            await reachable_rows(self._finder),
            newest_first=request.order == contacts_pb2.CONTACT_ORDER_NEWEST,
            after=uuid.UUID(position[0]) if position else None,
            limit=size,
        )
        shown = found[:size]
        answer = contacts_pb2.ListContactsResponse(
            contacts=[contact_message(view) for view in shown], total_size=total
        )
        if len(found) > size:
            answer.next_page_token = self._pages.token(request, [str(shown[-1].id)])
        return answer

    async def SelectContactIds(
        self, request: contacts_pb2.SelectContactIdsRequest, context: Any
    ) -> contacts_pb2.SelectContactIdsResponse:
        position = self._pages.position(request)
        size = page_size(request.page_size, default=_SELECTED_BY_DEFAULT)
        found = await self._people.select_contact_ids(
            _wanted(request.filter, ""), after=uuid.UUID(position[0]) if position else None, limit=size
        )
        answer = contacts_pb2.SelectContactIdsResponse(contact_ids=[str(i) for i in found[:size]])
        if len(found) > size:
            answer.next_page_token = self._pages.token(request, [str(found[size - 1])])
        return answer

    async def CreateContact(
        self, request: contacts_pb2.CreateContactRequest, context: Any
    ) -> contacts_pb2.Contact:
        asked = request.contact
        source = clean(asked.source) or _source()
        return contact_message(
            await self._people.create_contact(_values(asked), _relations(asked), source=source)
        )

    async def UpdateContact(
        self, request: contacts_pb2.UpdateContactRequest, context: Any
    ) -> contacts_pb2.Contact:
        paths = list(request.update_mask.paths)
        check_mask(paths, known=_FIELDS, customer=current_principal().is_customer_only)
        values = _values(request.contact)
        return contact_message(
            await self._people.update_contact(
                uuid.UUID(request.contact_id),
                {path: values[path] for path in paths if path in values},
                relations=_relations(request.contact) if RELATIONS in paths else None,
                etag=request.etag,
            )
        )

    async def EnsureContact(
        self, request: contacts_pb2.EnsureContactRequest, context: Any
    ) -> contacts_pb2.EnsureContactResponse:
        values = {
            "email": request.email,
            "given_name": request.given_name,
            "family_name": request.family_name,
            "language": request.language,
        }
        contact_id, created = await self._people.ensure_contact(values, source=clean(request.source))
        return contacts_pb2.EnsureContactResponse(contact_id=str(contact_id), created=created)


class FindingRpc(finding_pb2_grpc.FindingServicer):
    """The Finding service of the contract."""

    def __init__(self, service: PeopleService) -> None:
        self._people = service

    async def GetContactByEmail(
        self, request: finding_pb2.GetContactByEmailRequest, context: Any
    ) -> finding_pb2.GetContactByEmailResponse:
        found = await self._people.get_contact_by_email(request.email)
        return finding_pb2.GetContactByEmailResponse(contact_id=str(found or ""))


def _source() -> str:
    return "integration" if "integrator" in current_principal().roles else "staff"


def _values(message: contacts_pb2.Contact) -> dict[str, Any]:
    return {
        "salutation": message.salutation,
        "given_name": message.given_name,
        "family_name": message.family_name,
        "email": message.email,
        "phone": message.phone,
        "street": message.street,
        "postal_code": message.postal_code,
        "city": message.city,
        "country": message.country,
        "language": message.language,
        "note": message.note,
        "responsible_id": message.responsible_id,
        "responsible_name": message.responsible_name,
        "team": message.team,
    }


def _relations(message: contacts_pb2.Contact) -> list[Relation]:
    return [Relation(uuid.UUID(r.organisation_id), clean(r.role), r.shared) for r in message.relations]


def _wanted(chosen: contacts_pb2.ContactFilter, query: str) -> Wanted:
    return Wanted(
        query=query,
        city=clean(chosen.city),
        country=chosen.country,
        language=chosen.language,
        organisation_id=uuid.UUID(chosen.organisation_id) if chosen.organisation_id else None,
        source=chosen.source,
        with_email=chosen.with_email,
        blind_to_phone="phone" in masked_for_caller(contacts_pb2.Contact),
    )


def contact_message(view: ContactView) -> contacts_pb2.Contact:
    """A contact on the wire."""
    message = contacts_pb2.Contact(
        id=str(view.id),
        etag=str(view.version),
        salutation=view.salutation,  # type: ignore[arg-type]
        given_name=view.given_name,
        family_name=view.family_name,
        email=view.email,
        phone=view.phone,
        street=view.street,
        postal_code=view.postal_code,
        city=view.city,
        country=view.country,
        language=view.language,
        note=view.note,
        source=view.source,
        create_time=to_timestamp(view.created_at),
        update_time=to_timestamp(view.updated_at),
        responsible_id=view.responsible_id,
        responsible_name=view.responsible_name,
        team=view.team,
    )
    for organisation_id, name, role, shared in view.relations or ():
        message.relations.add(
            organisation_id=organisation_id, organisation_name=name, role=role, shared=shared
        )
    return message
