"""Blackening: proto ↔ values."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

from kontor.privacy.v1 import blackening_pb2, blackening_pb2_grpc

from kernel.rpc.rows import narrowed_caller
from services.privacy.requests.blackening.finding import Passage
from services.privacy.requests.blackening.model import Decision, Span
from services.privacy.requests.blackening.service import BlackeningService

_PAGE, _LARGEST = 20, 100


class BlackeningRpc(blackening_pb2_grpc.BlackeningServicer):
    """The Blackening service of the contract."""

    def __init__(self, blackening: BlackeningService) -> None:
        self._blackening = blackening

    async def ListPassages(
        self, request: blackening_pb2.ListPassagesRequest, context: Any
    ) -> blackening_pb2.ListPassagesResponse:
        review = await self._blackening.list_passages(uuid.UUID(request.id))
        size = min(request.page_size, _LARGEST) if request.page_size > 0 else _PAGE
        ids = [passage.id for passage in review.passages]
        first = ids.index(request.page_token) + 1 if request.page_token in ids else 0
        shown = review.passages[first : first + size]
        return blackening_pb2.ListPassagesResponse(
            passages=[_message(each, review.decisions.get(each.id)) for each in shown],
            next_page_token=shown[-1].id if first + size < len(ids) else "",
            undecided=review.undecided,
        )

    async def DecidePassage(
        self, request: blackening_pb2.DecidePassageRequest, context: Any
    ) -> blackening_pb2.DecidePassageResponse:
        spans = tuple(Span(span.start, span.end) for span in request.spans)
        decision = Decision(request.passage_id, spans, request.reason)
        left = await self._blackening.decide_passage(
            uuid.UUID(request.id), decision, by=narrowed_caller().subject
        )
        return blackening_pb2.DecidePassageResponse(undecided=left)


def _message(passage: Passage, decision: Decision | None) -> blackening_pb2.Passage:
    return blackening_pb2.Passage(
        id=passage.id,
        holder=passage.holder,
        dataset=passage.dataset,
        column=passage.value.column,
        text=passage.value.value,
        marks=_spans(passage.marks),
        decided=decision is not None,
        blackened=_spans(decision.spans if decision else ()),
        reason=decision.reason if decision else "",
    )


def _spans(spans: Iterable[Span]) -> Iterable[blackening_pb2.Span]:
    return [blackening_pb2.Span(start=span.start, end=span.end) for span in spans]
