"""The organisations' part of `kontor.contacts.v1.Contacts`: messages to values and back."""

from __future__ import annotations

import uuid
from typing import Any

from kontor.contacts.v1 import contacts_pb2

from kernel.clock import to_timestamp
from kernel.pages import Pages, page_size
from services.contacts.organisations.model import OrganisationView
from services.contacts.organisations.service import OrganisationsService


class OrganisationsRpc:
    """Handlers of the organisations' RPCs."""

    def __init__(self, service: OrganisationsService, pages: Pages) -> None:
        self._organisations = service
        self._pages = pages

    async def CreateOrganisation(
        self, request: contacts_pb2.CreateOrganisationRequest, context: Any
    ) -> contacts_pb2.Organisation:
        asked = request.organisation
        return _message(
            await self._organisations.create_organisation(
                name=asked.name, website=asked.website, city=asked.city
            )
        )

    async def GetOrganisation(
        self, request: contacts_pb2.GetOrganisationRequest, context: Any
    ) -> contacts_pb2.Organisation:
        return _message(await self._organisations.get_organisation(uuid.UUID(request.organisation_id)))

    async def ListOrganisations(
        self, request: contacts_pb2.ListOrganisationsRequest, context: Any
    ) -> contacts_pb2.ListOrganisationsResponse:
        position = self._pages.position(request)
        size = page_size(request.page_size)
        found = await self._organisations.list_organisations(
            request.query, after=(position[0], uuid.UUID(position[1])) if position else None, limit=size
        )
        shown = found[:size]
        answer = contacts_pb2.ListOrganisationsResponse(organisations=[_message(o) for o in shown])
        if len(found) > size:
            answer.next_page_token = self._pages.token(request, [shown[-1].name_key, str(shown[-1].id)])
        return answer


def _message(view: OrganisationView) -> contacts_pb2.Organisation:
    return contacts_pb2.Organisation(
        id=str(view.id),
        name=view.name,
        website=view.website,
        city=view.city,
        create_time=to_timestamp(view.created_at),
        contact_count=view.contact_count,
    )
