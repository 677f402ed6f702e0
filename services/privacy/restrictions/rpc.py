"""Restrictions: proto ↔ values."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from kontor.options.v1 import options_pb2
from kontor.privacy.v1 import restrictions_pb2, restrictions_pb2_grpc

from kernel.clock import to_timestamp
from kernel.pages import Pages, page_size
from services.privacy.restrictions.model import Restricted, Restriction
from services.privacy.restrictions.service import RestrictionService


class RestrictionsRpc(restrictions_pb2_grpc.RestrictionsServicer):
    """The Restrictions service of the contract."""

    def __init__(self, restrictions: RestrictionService, pages: Pages) -> None:
        self._restrictions = restrictions
        self._pages = pages

    async def ListRestrictions(
        self, request: restrictions_pb2.ListRestrictionsRequest, context: Any
    ) -> restrictions_pb2.ListRestrictionsResponse:
        found = await self._restrictions.list_restrictions(
            uuid.UUID(request.contact_id), all_of_them=request.all
        )
        return restrictions_pb2.ListRestrictionsResponse(restrictions=map(_message, found))

    async def ListRestrictedContacts(
        self, request: restrictions_pb2.ListRestrictedContactsRequest, context: Any
    ) -> restrictions_pb2.ListRestrictedContactsResponse:
        position = self._pages.position(request)
        after = (datetime.fromisoformat(position[0]), uuid.UUID(position[1])) if position else None
        size = page_size(request.page_size)
        found, total = await self._restrictions.list_restricted_contacts(after=after, limit=size)
        answer = restrictions_pb2.ListRestrictedContactsResponse(
            contacts=map(_restricted, found[:size]), total_size=total
        )
        if len(found) > size:
            last = found[size - 1]
            answer.next_page_token = self._pages.token(
                request, [last.since.isoformat(), str(last.contact_id)]
            )
        return answer

    async def AnnounceLifting(
        self, request: restrictions_pb2.AnnounceLiftingRequest, context: Any
    ) -> restrictions_pb2.SubjectRestriction:
        return _message(
            await self._restrictions.announce_lifting(
                uuid.UUID(request.id), lift_on=request.lift_date, reason=request.reason
            )
        )

    async def LiftRestriction(
        self, request: restrictions_pb2.LiftRestrictionRequest, context: Any
    ) -> restrictions_pb2.SubjectRestriction:
        return _message(await self._restrictions.lift_restriction(uuid.UUID(request.id)))


def _restricted(found: Restricted) -> restrictions_pb2.RestrictedContact:
    return restrictions_pb2.RestrictedContact(
        contact_id=str(found.contact_id),
        since_time=to_timestamp(found.since),
        grounds=[options_pb2.RestrictionGround.ValueType(ground) for ground in found.grounds],
    )


def _message(found: Restriction) -> restrictions_pb2.SubjectRestriction:
    return restrictions_pb2.SubjectRestriction(
        id=str(found.id),
        contact_id=str(found.contact_id),
        request_id=str(found.request_id or ""),
        ground=options_pb2.RestrictionGround.ValueType(found.ground),
        state=restrictions_pb2.RestrictionState.ValueType(found.state),
        order_time=to_timestamp(found.ordered_at),
        in_force_time=to_timestamp(found.in_force_at),
        announce_time=to_timestamp(found.announced_at),
        lift_date=found.lift_on.isoformat() if found.lift_on else "",
        lift_reason=found.lift_reason,
        lift_time=to_timestamp(found.lifted_at),
    )
