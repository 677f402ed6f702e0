"""Restrictions: proto ↔ values."""

from __future__ import annotations

import uuid
from typing import Any

from kontor.options.v1 import options_pb2
from kontor.privacy.v1 import restrictions_pb2, restrictions_pb2_grpc

from kernel.clock import to_timestamp
from services.privacy.restrictions.model import Restriction
from services.privacy.restrictions.service import RestrictionService


class RestrictionsRpc(restrictions_pb2_grpc.RestrictionsServicer):
    """The Restrictions service of the contract."""

    def __init__(self, restrictions: RestrictionService) -> None:
        self._restrictions = restrictions

    async def ListRestrictions(
        self, request: restrictions_pb2.ListRestrictionsRequest, context: Any
    ) -> restrictions_pb2.ListRestrictionsResponse:
        found = await self._restrictions.list_restrictions(
            uuid.UUID(request.contact_id), all_of_them=request.all
        )
        return restrictions_pb2.ListRestrictionsResponse(restrictions=map(_message, found))

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
