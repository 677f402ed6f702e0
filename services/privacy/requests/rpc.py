"""Requests: proto ↔ values."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date, datetime
from itertools import pairwise
from typing import Any

from kontor.privacy.v1 import holder_pb2, privacy_pb2, privacy_pb2_grpc

from kernel.clock import to_timestamp
from kernel.pages import Pages, page_size
from kernel.rpc.call import current_principal
from kernel.rpc.rows import narrowed_caller
from services.privacy.requests.course import Course, Reception, day_of_receipt
from services.privacy.requests.handling import RequestHandling
from services.privacy.requests.model import Correction, Filter, Kind, State, Wish
from services.privacy.requests.naming import named
from services.privacy.requests.reading import View
from services.privacy.requests.receipts import Planned
from services.privacy.requests.service import RequestService


class RequestsRpc(privacy_pb2_grpc.RequestsServicer):
    """The Requests service of the contract."""

    def __init__(self, requests: RequestService, handling: RequestHandling, pages: Pages) -> None:
        self._requests = requests
        self._handling = handling
        self._pages = pages

    async def CreateRequest(
        self, request: privacy_pb2.CreateRequestRequest, context: Any
    ) -> privacy_pb2.Request:
        view = await self._requests.create_request(
            contact_id=uuid.UUID(request.contact_id),
            kind=Kind(request.kind),
            language=request.language,
            caller=current_principal(),
            wish=_wish(request),
            reception=_reception(request),
        )
        return _request(view)

    async def GetRequest(self, request: privacy_pb2.GetRequestRequest, context: Any) -> privacy_pb2.Request:
        return _request(await self._requests.get_request(uuid.UUID(request.id), caller=narrowed_caller()))

    async def ListRequests(
        self, request: privacy_pb2.ListRequestsRequest, context: Any
    ) -> privacy_pb2.ListRequestsResponse:
        wanted = Filter(
            contact_id=uuid.UUID(request.contact_id) if request.contact_id else None,
            only_open=request.open,
            untold=request.recipients_untold,
            due_first=request.order == privacy_pb2.REQUEST_ORDER_DUE,
        )
        size = page_size(request.page_size)
        views = await self._requests.list_requests(
            wanted, after=self._pages.position(request), limit=size, caller=narrowed_caller()
        )
        shown = views[:size]
        response = privacy_pb2.ListRequestsResponse(requests=map(_request, shown))
        if len(views) > size:
            last = wanted.position(shown[-1].request)
            response.next_page_token = self._pages.token(request, last)
        return response

    async def ConfirmRequest(
        self, request: privacy_pb2.ConfirmRequestRequest, context: Any
    ) -> privacy_pb2.Request:
        view = await self._requests.confirm_request(
            uuid.UUID(request.id), caller=narrowed_caller(), word_by=request.word_by
        )
        return _request(view)

    async def WithdrawRequest(
        self, request: privacy_pb2.WithdrawRequestRequest, context: Any
    ) -> privacy_pb2.Request:
        return _request(
            await self._requests.withdraw_request(uuid.UUID(request.id), caller=narrowed_caller())
        )

    async def VerifyRequest(
        self, request: privacy_pb2.VerifyRequestRequest, context: Any
    ) -> privacy_pb2.Request:
        view = await self._handling.verify_request(
            uuid.UUID(request.id), vouched_by=request.vouched_by, caller=narrowed_caller()
        )
        return _request(view)

    async def ExtendRequest(
        self, request: privacy_pb2.ExtendRequestRequest, context: Any
    ) -> privacy_pb2.Request:
        view = await self._handling.extend_request(
            uuid.UUID(request.id), reason=request.reason, caller=narrowed_caller()
        )
        return _request(view)

    async def RefuseRequest(
        self, request: privacy_pb2.RefuseRequestRequest, context: Any
    ) -> privacy_pb2.Request:
        view = await self._handling.refuse_request(
            uuid.UUID(request.id), reason=request.reason, caller=narrowed_caller()
        )
        return _request(view)

    async def GetCorrections(
        self, request: privacy_pb2.GetCorrectionsRequest, context: Any
    ) -> privacy_pb2.Corrections:
        found = await self._requests.get_corrections(uuid.UUID(request.id), caller=narrowed_caller())
        return privacy_pb2.Corrections(
            corrections=[
                privacy_pb2.Correction(field=each.field, before=each.before, after=each.after)
                for each in found
            ]
        )

    async def ListDisclosures(
        self, request: privacy_pb2.ListDisclosuresRequest, context: Any
    ) -> privacy_pb2.ListDisclosuresResponse:
        found = await self._handling.list_disclosures()
        return privacy_pb2.ListDisclosuresResponse(
            disclosures=[
                privacy_pb2.Disclosure(
                    name=each.name,
                    address=each.address,
                    role=each.role,
                    country=each.country,
                    safeguard=each.safeguard,
                    holders=each.services,
                    third_country=each.outside,
                )
                for each in found
            ]
        )

    async def FulfilRequest(
        self, request: privacy_pb2.FulfilRequestRequest, context: Any
    ) -> privacy_pb2.Request:
        return _request(await self._handling.fulfil_request(uuid.UUID(request.id), caller=narrowed_caller()))

    async def SettleRecipient(
        self, request: privacy_pb2.SettleRecipientRequest, context: Any
    ) -> privacy_pb2.Request:
        view = await self._handling.settle_recipient(
            uuid.UUID(request.id),
            recipient=request.recipient,
            how=request.how,
            caller=narrowed_caller(),
        )
        return _request(view)

    async def RetryRequest(
        self, request: privacy_pb2.RetryRequestRequest, context: Any
    ) -> privacy_pb2.Request:
        return _request(await self._handling.retry_request(uuid.UUID(request.id), caller=narrowed_caller()))

    async def GetDocument(
        self, request: privacy_pb2.GetDocumentRequest, context: Any
    ) -> privacy_pb2.Document:
        found, content = await self._requests.get_document(
            uuid.UUID(request.id), format=request.format, caller=narrowed_caller()
        )
        file_name, media_type = named(found, request.format)
        return privacy_pb2.Document(file_name=file_name, media_type=media_type, content=content)


def partial_since(view: View) -> datetime | None:
    """When the clock ended of what is not completed yet; what is noted later does not move that."""
    if view.request.state is not State.PARTIALLY_FULFILLED:
        return None
    since = None
    for before, step in pairwise(view.transitions):
        if step.state is State.PARTIALLY_FULFILLED and before.state is not step.state:
            since = step.at
    return since


def _reception(request: privacy_pb2.CreateRequestRequest) -> Reception:
    return Reception(
        channel=request.channel,
        received_on=day_of_receipt(request.receive_date),
        vouched_by=request.vouched_by,
        in_doubt=request.in_doubt,
    )


def _wish(request: privacy_pb2.CreateRequestRequest) -> Wish:
    return Wish(
        ground=request.ground,
        topics=tuple(request.topics),
        objection=request.objection,
        corrections=tuple(
            Correction(each.field, each.before.strip(), each.after.strip()) for each in request.corrections
        ),
    )


def _request(view: View) -> privacy_pb2.Request:
    answer = _standing(view)
    answer.MergeFrom(_course(view.course))
    for recipient in view.recipients:
        answer.recipients.add(
            name=recipient.recipient, how=recipient.how, settle_time=to_timestamp(recipient.settled_at)
        )
    return answer


def _course(found: Course) -> privacy_pb2.Request:
    return privacy_pb2.Request(
        channel=found.channel,
        identity=found.identity,
        extension=found.extension,
        extend_by=_iso(found.extend_by),
        doubted=found.doubted,
        doubt_days=found.doubt_days,
        suspended_due_date=_iso(found.suspended_due_date),
        refusal=found.refusal,
        objection=privacy_pb2.ObjectionScope.ValueType(found.objection or 0),
    )


def _iso(day: date | None) -> str:
    return day.isoformat() if day else ""


def _standing(view: View) -> privacy_pb2.Request:
    request = view.request
    return privacy_pb2.Request(
        id=str(request.id),
        kind=holder_pb2.RequestKind.ValueType(request.kind),
        state=_state(request.state),
        contact_id=str(request.contact_id),
        receive_time=to_timestamp(request.received_at),
        due_date=request.due_date.isoformat(),
        complete_time=to_timestamp(request.completed_at or partial_since(view)),
        plans=_plans(view.plans),
        transitions=[
            privacy_pb2.Transition(
                state=_state(t.state), time=to_timestamp(t.at), actor=t.actor, reason=t.reason
            )
            for t in view.transitions
        ],
        waiting_for=request.waiting_for,
        problem=request.problem,
        stall_time=to_timestamp(request.stalled_at),
        documents=[privacy_pb2.DocumentFormat.ValueType(each) for each in view.formats],
        on_behalf=request.requested_by is None,
        withdrawable=request.withdrawable,
        hold_reason=view.hold,
        kept_until=_iso(view.request.kept_until),
        decide_by=_iso(view.decide_by),
    )


def _state(state: State) -> privacy_pb2.RequestState.ValueType:
    return privacy_pb2.RequestState.ValueType(state)


def _plans(plans: Sequence[Planned]) -> list[privacy_pb2.HolderPlan]:
    """One entry per holder: what all rounds planned or have done, and whether all of it was done."""
    shown: dict[str, privacy_pb2.HolderPlan] = {}
    for planned in plans:
        known = shown.get(planned.holder)
        if known is None:
            known = shown[planned.holder] = privacy_pb2.HolderPlan(holder=planned.holder, executed=True)
        known.items.extend(planned.receipt.done if planned.receipt else planned.plan.items)
        known.executed = known.executed and planned.receipt is not None
    return list(shown.values())
