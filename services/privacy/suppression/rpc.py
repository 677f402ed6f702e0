"""Suppressions: proto ↔ values."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from kontor.privacy.v1 import privacy_pb2, privacy_pb2_grpc

from kernel.clock import to_timestamp
from kernel.pages import Pages, page_size
from kernel.rpc.call import current_principal
from services.privacy.suppression.lookups.model import LookUp
from services.privacy.suppression.lookups.service import LookUpService
from services.privacy.suppression.model import Address, Entry, Lifting, Wanted
from services.privacy.suppression.service import SuppressionService


class SuppressionsRpc(privacy_pb2_grpc.SuppressionsServicer):
    """The Suppressions service of the contract."""

    def __init__(self, suppression: SuppressionService, lookups: LookUpService, pages: Pages) -> None:
        self._suppression = suppression
        self._lookups = lookups
        self._pages = pages

    async def CheckSuppressions(
        self, request: privacy_pb2.CheckSuppressionsRequest, context: Any
    ) -> privacy_pb2.CheckSuppressionsResponse:
        addresses = [_address(a) for a in request.addresses]
        return privacy_pb2.CheckSuppressionsResponse(
            suppressed=await self._suppression.check_suppressions(addresses)
        )

    async def LookUpSuppression(
        self, request: privacy_pb2.LookUpSuppressionRequest, context: Any
    ) -> privacy_pb2.SuppressionLookUp:
        address = _address(request.address)
        look = await self._lookups.look_up(address, reason=request.reason, caller=current_principal())
        return _look_up(look)

    async def ListSuppressionLookUps(
        self, request: privacy_pb2.ListSuppressionLookUpsRequest, context: Any
    ) -> privacy_pb2.ListSuppressionLookUpsResponse:
        size = page_size(request.page_size)
        looks = await self._lookups.list_look_ups(after=self._after(request), limit=size)
        response = privacy_pb2.ListSuppressionLookUpsResponse(look_ups=map(_look_up, looks[:size]))
        if len(looks) > size:
            last = looks[size - 1]
            response.next_page_token = self._pages.token(request, [last.looked_at.isoformat(), str(last.id)])
        return response

    async def ListSuppressionLiftings(
        self, request: privacy_pb2.ListSuppressionLiftingsRequest, context: Any
    ) -> privacy_pb2.ListSuppressionLiftingsResponse:
        size = page_size(request.page_size)
        found = await self._suppression.list_suppression_liftings(after=self._after(request), limit=size)
        response = privacy_pb2.ListSuppressionLiftingsResponse(liftings=map(_lifting, found[:size]))
        if len(found) > size:
            last = found[size - 1]
            position = [last.lifted_at.isoformat(), str(last.entry.id)]
            response.next_page_token = self._pages.token(request, position)
        return response

    async def AddSuppression(
        self, request: privacy_pb2.AddSuppressionRequest, context: Any
    ) -> privacy_pb2.SuppressionEntry:
        entry = await self._suppression.add_suppression(_address(request.address), reason=request.reason)
        return _entry(entry)

    async def ImportSuppressions(
        self, request: privacy_pb2.ImportSuppressionsRequest, context: Any
    ) -> privacy_pb2.ImportSuppressionsResponse:
        outcomes = await self._suppression.import_suppressions([_address(a) for a in request.addresses])
        return privacy_pb2.ImportSuppressionsResponse(
            outcomes=[privacy_pb2.SuppressionOutcome.ValueType(outcome) for outcome in outcomes]
        )

    async def ListSuppressions(
        self, request: privacy_pb2.ListSuppressionsRequest, context: Any
    ) -> privacy_pb2.ListSuppressionsResponse:
        after = self._after(request)
        size = page_size(request.page_size)
        wanted = Wanted(reason=request.reason or None, channel=request.channel or None)
        entries, total = await self._suppression.list_suppressions(wanted, after=after, limit=size + 1)
        shown = entries[:size]
        response = privacy_pb2.ListSuppressionsResponse(entries=map(_entry, shown), total_size=total)
        if len(entries) > size:
            last = shown[-1]
            response.next_page_token = self._pages.token(request, [last.created_at.isoformat(), str(last.id)])
        return response

    async def GetSuppressionCounts(
        self, request: privacy_pb2.GetSuppressionCountsRequest, context: Any
    ) -> privacy_pb2.SuppressionCounts:
        counts = await self._suppression.get_suppression_counts()
        return privacy_pb2.SuppressionCounts(
            by_reason=[
                privacy_pb2.SuppressionsOfReason(reason=reason, count=count)
                for reason, count in sorted(counts.by_reason.items())
            ],
            by_key=[
                privacy_pb2.SuppressionsOfKey(key_id=one.key_id, count=one.count, current=one.current)
                for one in counts.by_key
            ],
        )

    def _after(self, request: Any) -> tuple[datetime, uuid.UUID] | None:
        position = self._pages.position(request)
        return (datetime.fromisoformat(position[0]), uuid.UUID(position[1])) if position else None


def _look_up(look: LookUp) -> privacy_pb2.SuppressionLookUp:
    return privacy_pb2.SuppressionLookUp(
        id=str(look.id),
        create_time=to_timestamp(look.looked_at),
        actor=look.actor,
        reason=look.reason,
        channel=privacy_pb2.Channel.ValueType(look.channel),
        suppressed=look.suppressed,
    )


def _lifting(lifting: Lifting) -> privacy_pb2.SuppressionLifting:
    ground = lifting.ground
    return privacy_pb2.SuppressionLifting(
        entry=_entry(lifting.entry),
        lift_time=to_timestamp(lifting.lifted_at),
        contact_id=str(ground.contact_id or ""),
        consent_id=str(ground.consent_id or ""),
        proven_by=ground.proven_by or "",
    )


def _address(message: privacy_pb2.Address) -> Address:
    return Address(channel=message.channel, value=message.value)


def _entry(entry: Entry) -> privacy_pb2.SuppressionEntry:
    return privacy_pb2.SuppressionEntry(
        id=str(entry.id),
        channel=privacy_pb2.Channel.ValueType(entry.channel),
        reason=entry.reason,
        create_time=to_timestamp(entry.created_at),
        listed_before=entry.listed_before,
    )
