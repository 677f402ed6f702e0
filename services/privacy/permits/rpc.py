"""Permits: proto ↔ values."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from asyncpg.pgproto.pgproto import UUID
from google.protobuf.timestamp_pb2 import Timestamp
from kontor.privacy.v1 import holder_pb2, privacy_pb2, privacy_pb2_grpc

from kernel.clock import to_timestamp
from kernel.pages import Pages, page_size
from kernel.rpc.call import current_principal
from services.privacy.audit.model import day_bounds
from services.privacy.customers.model import Advertising
from services.privacy.permits.model import (
    About,
    BasisNotOpen,
    Candidate,
    Decision,
    Logged,
    Wanted,
    conditions,
)
from services.privacy.permits.service import PermitService

_BASES = (
    holder_pb2.BASIS_UNSPECIFIED,
    holder_pb2.BASIS_CONSENT,
    holder_pb2.BASIS_CONTRACT,
    holder_pb2.BASIS_LEGITIMATE_INTEREST,
)


class PermitsRpc(privacy_pb2_grpc.PermitsServicer):
    """The Permits service of the contract."""

    def __init__(self, permits: PermitService, pages: Pages, zone: ZoneInfo) -> None:
        self._permits = permits
        self._pages = pages
        self._zone = zone

    async def Authorize(
        self, request: privacy_pb2.AuthorizeRequest, context: Any
    ) -> privacy_pb2.AuthorizeResponse:
        decisions = await self._permits.authorize(
            _candidates(request),
            _about(request),
            batch_id=uuid.UUID(request.request_id) if request.request_id else None,
        )
        return _response(decisions)

    async def Preview(
        self, request: privacy_pb2.AuthorizeRequest, context: Any
    ) -> privacy_pb2.AuthorizeResponse:
        decisions = await self._permits.preview(_candidates(request), _about(request))
        # A preview's decisions were not kept: without an id nobody can take one for a permit.
        return _response(decisions, kept=False)

    async def ListDecisions(
        self, request: privacy_pb2.ListDecisionsRequest, context: Any
    ) -> privacy_pb2.ListDecisionsResponse:
        position = self._pages.position(request)
        after = (datetime.fromisoformat(position[0]), uuid.UUID(position[1])) if position else None
        size = page_size(request.page_size)
        found = await self._permits.list_decisions(_wanted(request, self._zone), after=after, limit=size)
        response = privacy_pb2.ListDecisionsResponse(decisions=map(_logged, found[:size]))
        if len(found) > size:
            last = found[size - 1].decision
            response.next_page_token = self._pages.token(request, [last.decided_at.isoformat(), str(last.id)])
        return response

    async def GetDecision(
        self, request: privacy_pb2.GetDecisionRequest, context: Any
    ) -> privacy_pb2.Decision:
        found = await self._permits.get_decision(uuid.UUID(request.decision_id))
        answer = _logged(found)
        answer.conditions.extend(
            privacy_pb2.DecisionCondition(name=name, outcome=privacy_pb2.ConditionOutcome.ValueType(outcome))
            for name, outcome in conditions(found.decision)
        )
        return answer

    async def GetDecisionCounts(
        self, request: privacy_pb2.GetDecisionCountsRequest, context: Any
    ) -> privacy_pb2.GetDecisionCountsResponse:
        first, last = day_bounds(request.from_date, self._zone), day_bounds(request.until_date, self._zone)
        wanted = Wanted(since=first[0] if first else None, until=last[1] if last else None)
        return privacy_pb2.GetDecisionCountsResponse(
            counts=[
                privacy_pb2.DecisionCount(
                    reason=each.reason,
                    channel=privacy_pb2.Channel.ValueType(each.channel),
                    permitted=each.permitted,
                    count=each.count,
                )
                for each in await self._permits.get_decision_counts(wanted)
            ]
        )


def _wanted(request: privacy_pb2.ListDecisionsRequest, zone: ZoneInfo) -> Wanted:
    first, last = day_bounds(request.from_date, zone), day_bounds(request.until_date, zone)
    permitted = request.outcome == privacy_pb2.DECISION_OUTCOME_PERMITTED if request.outcome else None
    return Wanted(
        contact_id=uuid.UUID(request.contact_id) if request.contact_id else None,
        topic=request.topic,
        permitted=permitted,
        reason=request.reason,
        since=first[0] if first else None,
        until=last[1] if last else None,
        channel=request.channel,
        batch_id=uuid.UUID(request.batch_id) if request.batch_id else None,
    )


def _logged(logged: Logged) -> privacy_pb2.Decision:
    fields = _fields(logged.decision, to_timestamp(logged.decision.decided_at))
    channel = privacy_pb2.Channel.ValueType(logged.channel)
    return privacy_pb2.Decision(**fields, topic=logged.topic, channel=channel, batch_id=str(logged.batch_id))


def _candidates(request: privacy_pb2.AuthorizeRequest) -> list[Candidate]:
    # The driver's own kind of UUID: read, compared, written and sent to the database without a step in Python.
    return [Candidate(UUID(c.contact_id), c.address) for c in request.candidates]


def _about(request: privacy_pb2.AuthorizeRequest) -> About:
    # A duty passes by every objection: only our own services may say that there is one.
    duties = (holder_pb2.BASIS_LEGAL_OBLIGATION,) if "service" in current_principal().roles else ()
    if request.basis not in (*_BASES, *duties):
        raise BasisNotOpen
    interest = request.basis == holder_pb2.BASIS_LEGITIMATE_INTEREST
    return About(
        request.channel,
        request.topic,
        contract=request.basis == holder_pb2.BASIS_CONTRACT,
        duty=request.basis == holder_pb2.BASIS_LEGAL_OBLIGATION,
        similar=Advertising(request.category, request.carries_notice) if interest else None,
        renewal=request.renewal,
    )


def _response(decisions: Sequence[Decision], *, kept: bool = True) -> privacy_pb2.AuthorizeResponse:
    # One batch is decided at one moment; thousands of equal timestamps need not be made one by one.
    moment = to_timestamp(decisions[0].decided_at)
    response = privacy_pb2.AuthorizeResponse()
    for decision in decisions:
        # Made where it stays: a message that is handed over to a list is copied.
        response.decisions.add(**_fields(decision, moment, kept=kept))
    return response


def _fields(decision: Decision, moment: Timestamp | None, *, kept: bool = True) -> dict[str, Any]:
    # Few rest on a sale; the others need not be told so.
    sale = {"sale_id": str(decision.sale_id)} if decision.sale_id else {}
    return {
        **sale,
        "id": str(decision.id) if kept else "",
        "contact_id": str(decision.contact_id),
        "permitted": decision.permitted,
        "reason": decision.reason,
        "consent_id": str(decision.consent_id or ""),
        "suppressed_for": decision.suppressed_for,
        "decide_time": moment,
    }
