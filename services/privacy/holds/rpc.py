"""Holds: proto ↔ values."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

from kontor.privacy.v1 import retention_pb2, retention_pb2_grpc

from kernel.clock import to_timestamp
from kernel.pages import Pages, page_size
from services.privacy.holds.model import Hold
from services.privacy.holds.service import HoldService


class HoldsRpc(retention_pb2_grpc.HoldsServicer):
    """The Holds service of the contract."""

    def __init__(self, holds: HoldService, pages: Pages) -> None:
        self._holds = holds
        self._pages = pages

    async def PlaceHold(self, request: retention_pb2.PlaceHoldRequest, context: Any) -> retention_pb2.Hold:
        placed = await self._holds.place_hold(
            contact_id=uuid.UUID(request.contact_id), reason=request.reason, review_date=request.review_date
        )
        return _hold(placed)

    async def ReleaseHold(
        self, request: retention_pb2.ReleaseHoldRequest, context: Any
    ) -> retention_pb2.Hold:
        return _hold(await self._holds.release_hold(uuid.UUID(request.id)))

    async def ListHolds(
        self, request: retention_pb2.ListHoldsRequest, context: Any
    ) -> retention_pb2.ListHoldsResponse:
        position = self._pages.position(request)
        size = page_size(request.page_size)
        holds = await self._holds.list_holds(
            contact_id=uuid.UUID(request.contact_id) if request.contact_id else None,
            after=(date.fromisoformat(position[0]), uuid.UUID(position[1])) if position else None,
            limit=size,
        )
        response = retention_pb2.ListHoldsResponse(holds=map(_hold, holds[:size]))
        if len(holds) > size:
            last = holds[size - 1]
            response.next_page_token = self._pages.token(request, [last.review_on.isoformat(), str(last.id)])
        return response


def _hold(hold: Hold) -> retention_pb2.Hold:
    return retention_pb2.Hold(
        id=str(hold.id),
        contact_id=str(hold.contact_id),
        reason=hold.reason,
        review_date=hold.review_on.isoformat(),
        place_time=to_timestamp(hold.placed_at),
        release_time=to_timestamp(hold.released_at),
    )
