"""Use cases of people. Other services are asked before a transaction begins, never inside one."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from kernel.addresses import normal_email
from kernel.coalesce import Coalescer
from kernel.db import AnySession, Database, WriteSession
from kernel.errors import Aborted, InvalidArgument, StaleEtag
from kernel.outbox import emit
from kernel.rpc.call import note_subjects
from kernel.rpc.rows import Rows
from services.contacts import events
from services.contacts.clients import Reach, Suppressions
from services.contacts.erasures.service import ErasuresService
from services.contacts.organisations.service import OrganisationsService
from services.contacts.people import store
from services.contacts.people.model import (
    RELATIONS,
    AddressInUse,
    AddressSuppressed,
    Colleague,
    ContactNotFound,
    ContactView,
    IdentifiersChanged,
    Person,
    Relation,
    Wanted,
    changed,
    differences,
    normalised,
)
from services.contacts.text import email_key

# Two callers may take turns at creating and erasing one address; more often than this is a fault.
_ENSURE_TRIES = 3
# Beyond that, an organisation's tickets are not for one person's list.
_COLLEAGUES = 1_000


class PeopleService:
    """Contacts: read, listed, created, changed."""

    def __init__(
        self,
        database: Database,
        suppressions: Suppressions,
        organisations: OrganisationsService,
        erasures: ErasuresService,
    ) -> None:
        self._database = database
        self._suppressions = suppressions
        self._organisations = organisations
        self._erasures = erasures
        # What everybody calls most: reads that come at once share one statement.
        self._views = Coalescer(self._load_views)

    async def get_contact(self, contact_id: uuid.UUID) -> ContactView:
        """Errors: ContactNotFound."""
        found = await self._views.get(contact_id)
        if found is None:
            raise ContactNotFound
        return found

    async def _load_views(self, ids: list[uuid.UUID]) -> dict[uuid.UUID, ContactView]:
        async with self._database.reading() as session:
            return {view.id: view for view in await store.find_many(session, ids)}

    async def batch_get_contacts(
        self, ids: Sequence[uuid.UUID], rows: Rows
    ) -> tuple[list[ContactView], list[uuid.UUID]]:
        """Those within the caller's rows in the order asked, and the ids of the others."""
        async with self._database.reading() as session:
            found = {view.id: view for view in await store.find_many_within(session, ids, rows)}
        note_subjects(found)
        return [found[i] for i in ids if i in found], [i for i in ids if i not in found]

    async def list_contacts(
        self, wanted: Wanted, rows: Rows, *, newest_first: bool, after: uuid.UUID | None, limit: int
    ) -> tuple[list[ContactView], int]:
        """A page (one more than `limit` if there are more), and how many there are, capped."""
        async with self._database.reading() as session:
            found = await store.page(
                session, wanted, rows, newest_first=newest_first, after=after, limit=limit + 1
            )
            total = await store.count(session, wanted, rows)
        note_subjects(view.id for view in found[:limit])
        return found, total

    async def select_contact_ids(
        self, wanted: Wanted, *, after: uuid.UUID | None, limit: int
    ) -> list[uuid.UUID]:
        """Ids, oldest first; one more than `limit` if there are more."""
        async with self._database.reading() as session:
            return await store.ids(session, wanted, after=after, limit=limit + 1)

    async def create_contact(
        self, values: Mapping[str, Any], relations: Sequence[Relation], *, source: str
    ) -> ContactView:
        """Errors: AddressInUse, AddressSuppressed, InvalidArgument."""
        person = normalised(values)
        await self._refuse_suppressed(person)
        async with self._database.transaction() as session:
            await self._refuse_erased(session, person)
            names = await self._names(session, relations)
            contact_id = await store.add(session, person, source=source, organisations=names)
            if contact_id is None:
                raise AddressInUse
            await store.set_relations(session, contact_id, relations)
            await emit(session, events.contact_created(contact_id))
            note_subjects([contact_id])
            return await _view(session, contact_id)

    async def update_contact(
        self,
        contact_id: uuid.UUID,
        changes: Mapping[str, Any],
        *,
        relations: Sequence[Relation] | None,
        etag: str,
    ) -> ContactView:
        """Writes the named fields; nothing is written, and no fact told, if none of them differs.

        Errors: ContactNotFound, StaleEtag, AddressInUse, AddressSuppressed, InvalidArgument.
        """
        await self._refuse_suppressed_change(contact_id, changes)
        email = normal_email(changes.get("email", "")) or ""
        async with self._database.transaction() as session:
            # The address comes before the contact, as in an erasure: nobody waits for somebody who waits.
            erased = await self._erasures.is_erased(session, email)
            # Locked before it is read: a later version must not be overwritten with an earlier one.
            if not await store.lock(session, contact_id):
                raise ContactNotFound
            view = await _view(session, contact_id)
            if etag and etag != str(view.version):
                raise StaleEtag
            person = changed(view, changes)
            fields = differences(view, person)
            if relations is not None and _differ(view, relations):
                fields.append(RELATIONS)
            if not fields:
                return view
            if erased and email_key(view.email) != email_key(person.email):
                raise AddressSuppressed
            await self._write(session, view, person, relations if RELATIONS in fields else None)
            await emit(session, events.contact_updated(contact_id, fields))
            return await _view(session, contact_id)

    async def ensure_contact(self, values: Mapping[str, Any], *, source: str) -> tuple[uuid.UUID, bool]:
        """The contact with this address, and whether it was created just now.

        Errors: AddressSuppressed, InvalidArgument.
        """
        person = normalised(values)
        key = email_key(person.email)
        assert key is not None
        async with self._database.reading() as session:
            known = await store.id_of_email(session, key)
        if known is not None:
            note_subjects([known])
            return known, False
        await self._refuse_suppressed(person)
        async with self._database.transaction() as session:
            await self._refuse_erased(session, person)
            contact_id, created = await _ensure(session, person, source=source)
        note_subjects([contact_id])
        return contact_id, created

    async def get_contact_by_email(self, email: str) -> uuid.UUID | None:
        """The contact with this address; asking makes none."""
        async with self._database.reading() as session:
            found = await self.id_of_email(session, normal_email(email) or "")
        note_subjects([found] if found is not None else [])
        return found

    async def view(self, session: AnySession, contact_id: uuid.UUID) -> ContactView:
        """A contact, in a use case of another area. Errors: ContactNotFound."""
        found = await store.find(session, contact_id)
        if found is None:
            raise ContactNotFound
        return found

    async def is_within(self, session: AnySession, contact_id: uuid.UUID, rows: Rows) -> bool:
        """Whether somebody reaches a contact, in a use case of another area."""
        return bool(await store.find_many_within(session, [contact_id], rows))

    async def lock(self, session: WriteSession, contact_id: uuid.UUID) -> bool:
        """Holds a contact until the transaction ends, in a use case of another area; false if it is gone."""
        return await store.lock(session, contact_id)

    async def id_of_email(self, session: AnySession, email: str) -> uuid.UUID | None:
        """The contact with a normalised address, in a use case of another area."""
        key = email_key(email)
        return await store.id_of_email(session, key) if key is not None else None

    async def ensure(self, session: WriteSession, person: Person, *, source: str) -> uuid.UUID:
        """The contact with this person's address, made if there is none, in a use case of another area.

        Who comes of their own will may be somebody whom an erasure has just let go; it comes before that
        erasure or after it, never into its middle.
        """
        await self._erasures.is_erased(session, person.email)
        contact_id, _ = await _ensure(session, person, source=source)
        return contact_id

    async def colleagues(self, session: AnySession, contact_id: uuid.UUID) -> list[Colleague]:
        """Contacts that share an organisation with this one, at most 1,000; in a use case of another area."""
        return await store.colleagues(session, contact_id, limit=_COLLEAGUES)

    async def require_identifiers(
        self,
        session: WriteSession,
        contact_id: uuid.UUID,
        *,
        emails: Sequence[str],
        phones: Collection[str],
    ) -> None:
        """Holds the contact as it is, provided that its addresses are among these, and nobody else's are.

        `emails` are in the form in which they are compared. Errors: IdentifiersChanged.
        """
        found = await store.lock_addresses(session, contact_id, emails)
        own = [(email, phone) for owner, email, phone in found if owner == contact_id]
        others = {email for owner, email, _ in found if owner != contact_id}
        if others or not all(email in ("", *emails) and phone in ("", *phones) for email, phone in own):
            raise IdentifiersChanged([at for at, email in enumerate(emails) if email in others])

    async def _write(
        self,
        session: WriteSession,
        view: ContactView,
        person: Person,
        relations: Sequence[Relation] | None,
    ) -> None:
        if relations is None:
            names = [relation.organisation_name for relation in store.relations_of(view)]
        else:
            names = await self._names(session, relations)
            await store.set_relations(session, view.id, relations)
        await store.change(session, view.id, person, organisations=names)

    async def _names(self, session: WriteSession, relations: Sequence[Relation]) -> list[str]:
        """Names of the organisations. Errors: InvalidArgument if one of them does not exist."""
        known = await self._organisations.names_of(session, {r.organisation_id for r in relations})
        unknown = {
            f"contact.relations[{index}].organisation_id": "is no organisation"
            for index, relation in enumerate(relations)
            if relation.organisation_id not in known
        }
        if unknown:
            raise InvalidArgument(
                "A relation names an organisation that does not exist.",
                reason="FIELDS_INVALID",
                violations=unknown,
            )
        return list(known.values())

    async def _refuse_suppressed(self, person: Person) -> None:
        if await self._suppressions.is_suppressed(Reach(person.email, person.phone)):
            raise AddressSuppressed

    async def _refuse_erased(self, session: WriteSession, person: Person) -> None:
        """For a new address, first in the transaction that writes it."""
        if await self._erasures.is_erased(session, person.email):
            raise AddressSuppressed

    async def _refuse_suppressed_change(self, contact_id: uuid.UUID, changes: Mapping[str, Any]) -> None:
        """Only a new address is asked about: somebody who bounced may still move house."""
        if changes.keys().isdisjoint(("email", "phone")):
            return
        view = await self.get_contact(contact_id)
        person = changed(view, changes)
        # The address that decides (see `Reach`): with a mail address, another phone changes nothing.
        if (view.email or view.phone).lower() != (person.email or person.phone).lower():
            await self._refuse_suppressed(person)


async def _ensure(session: WriteSession, person: Person, *, source: str) -> tuple[uuid.UUID, bool]:
    key = email_key(person.email)
    assert key is not None
    for _ in range(_ENSURE_TRIES):
        known = await store.id_of_email(session, key)
        if known is not None:
            return known, False
        added = await store.add(session, person, source=source)
        if added is not None:
            await emit(session, events.contact_created(added))
            return added, True
    raise Aborted("Somebody else changes this contact right now; try again.", reason="CONTACT_CONTESTED")


async def _view(session: WriteSession, contact_id: uuid.UUID) -> ContactView:
    found = await store.find(session, contact_id)
    assert found is not None
    return found


def _differ(view: ContactView, relations: Sequence[Relation]) -> bool:
    before = [(r.organisation_id, r.role, r.shared) for r in store.relations_of(view)]
    return before != [(str(r.organisation_id), r.role, r.shared) for r in relations]
