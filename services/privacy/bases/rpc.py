"""People without a basis: proto ↔ values."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from kontor.privacy.v1 import bases_pb2, bases_pb2_grpc

from kernel.clock import to_timestamp
from kernel.pages import Pages, page_size
from services.privacy.audit.model import day_bounds
from services.privacy.bases.model import Wanted, Without
from services.privacy.bases.service import BasisService


class BasesRpc(bases_pb2_grpc.BasesServicer):
    """The Bases service of the contract."""

    def __init__(self, bases: BasisService, pages: Pages, zone: ZoneInfo) -> None:
        self._bases = bases
        self._pages = pages
        self._zone = zone

    async def ListContactsWithoutBasis(
        self, request: bases_pb2.ListContactsWithoutBasisRequest, context: Any
    ) -> bases_pb2.ListContactsWithoutBasisResponse:
        first, last = day_bounds(request.from_date, self._zone), day_bounds(request.until_date, self._zone)
        wanted = Wanted(
            why=request.why,
            source=request.source,
            since=first[0] if first else None,
            until=last[1] if last else None,
        )
        position = self._pages.position(request)
        after = (datetime.fromisoformat(position[0]), uuid.UUID(position[1])) if position else None
        size = page_size(request.page_size)
        found = await self._bases.list_contacts_without_basis(wanted, after=after, limit=size)
        response = bases_pb2.ListContactsWithoutBasisResponse(
            contacts=map(_contact, found.contacts[:size]),
            counts=[bases_pb2.WithoutBasisCount(why=why, count=count) for why, count in found.counts.items()],
            total_size=found.total(wanted.why),
            survey_time=to_timestamp(found.surveyed_at),
        )
        if len(found.contacts) > size:
            person = found.contacts[size - 1].person
            response.next_page_token = self._pages.token(
                request, [person.created_at.isoformat(), str(person.contact_id)]
            )
        return response


def _contact(found: Without) -> bases_pb2.ContactWithoutBasis:
    return bases_pb2.ContactWithoutBasis(
        contact_id=str(found.person.contact_id),
        why=found.why,
        source=found.person.source,
        create_time=to_timestamp(found.person.created_at),
        find_time=to_timestamp(found.found_at),
    )
