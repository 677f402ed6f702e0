"""Every right that somebody can exercise: how it is asked for, how its request ends, what it may change."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from kontor.options.v1.options_pb2 import RESTRICTION_GROUND_UNLAWFUL
from kontor.privacy.v1.holder_pb2 import (
    REQUEST_KIND_ACCESS,
    REQUEST_KIND_ERASURE,
    REQUEST_KIND_PORTABILITY,
    REQUEST_KIND_RESTRICTION,
    RequestKind,
)
from kontor.privacy.v1.privacy_pb2 import (
    DOCUMENT_FORMAT_JSON,
    REQUEST_STATE_COMPLETED,
    REQUEST_STATE_PLANNED,
    ConfirmRequestRequest,
    CreateRequestRequest,
    GetDocumentRequest,
    GetRequestRequest,
    Request,
    RequestState,
    RetryRequestRequest,
)

from kernel.errors import FailedPrecondition, InvalidArgument
from tests.e2e.calls import Caller, new_id, patiently
from tests.e2e.check import Broken, holds, same
from tests.e2e.filling import Filled
from tests.e2e.running import BACK_ENDS

# A request that is asked for, carried out and told of leaves its own traces at the subject.
TRACES = frozenset(
    {
        *(f"{name}.audit_entry" for name in BACK_ENDS),
        *(f"{name}.idempotency" for name in BACK_ENDS),
        "campaigns.notice_mail",
        "contacts.timeline_entry",
        "privacy.permit_decision",
        "privacy.access_document",
        "privacy.request_notice",
        "privacy.request_transition",
        "privacy.subject_request",
    }
)
_POLL_SECONDS = 0.2
# Nothing ended for so long: whatever waits for something that no longer comes.
_STANDSTILL_SECONDS = 300


@dataclass(frozen=True)
class Asked:
    """What one subject has asked for, and the request as it ended."""

    subject: Filled
    request: Request


@dataclass(frozen=True)
class Right:
    """One kind of request.

    `said` is what is told beside the kind, `changes` the tables in which rows of the subject may then be other
    ones, `leaves` those in which there may be more of them. `judge` finds what is wrong with the answer.
    """

    said: Mapping[str, Any] = field(default_factory=dict)
    changes: frozenset[str] = frozenset()
    leaves: frozenset[str] = frozenset()
    judge: Callable[[Caller, Asked], None] = lambda officer, asked: None


def _has_own_copy(officer: Caller, asked: Asked) -> None:
    wanted = GetDocumentRequest(id=asked.request.id, format=DOCUMENT_FORMAT_JSON)
    content = patiently(lambda: officer.requests.GetDocument(wanted)).content
    holds(asked.subject.email.encode() in content, "a copy holds the address of its subject")


def _has_certificate(officer: Caller, asked: Asked) -> None:
    wanted = GetDocumentRequest(id=asked.request.id, format=DOCUMENT_FORMAT_JSON)
    content = patiently(lambda: officer.requests.GetDocument(wanted)).content
    holds(asked.subject.canary.encode() not in content, "a certificate names nobody")


RIGHTS: dict[int, Right] = {
    REQUEST_KIND_ACCESS: Right(judge=_has_own_copy),
    REQUEST_KIND_ERASURE: Right(judge=_has_certificate),
    REQUEST_KIND_PORTABILITY: Right(judge=_has_own_copy),
    REQUEST_KIND_RESTRICTION: Right(
        said={"ground": RESTRICTION_GROUND_UNLAWFUL},
        changes=frozenset(f"{name}.restricted_subject" for name in BACK_ENDS),
        leaves=frozenset({"privacy.restriction", "privacy.restriction_order"}),
    ),
}


def is_served(officer: Caller, kind: int) -> bool:
    """Whether the product carries out requests of this kind; what contradicts itself is refused, and leaves nothing."""
    asked = _request(kind, new_id())
    asked.in_doubt = True
    try:
        officer.requests.CreateRequest(asked)
    except FailedPrecondition as error:
        same(error.reason, "KIND_NOT_SERVED", "why a kind is refused")
        return False
    except InvalidArgument:
        return True
    raise Broken("a request that contradicts itself is recorded")


def ask_all(officer: Caller, wanted: Iterable[tuple[Filled, int]], *, at_once: int) -> list[Asked]:
    """Asks for everything, gives the word where it is waited for, and stays until each request has ended.

    There is no clock for a request: only if none has ended for minutes, something stands still for good.
    """
    everything, seen = list(wanted), _Progress()
    with ThreadPoolExecutor(at_once) as pool:
        return list(pool.map(lambda one: _carry(officer, *one, seen), everything))


class _Progress:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = time.monotonic()

    def made(self) -> None:
        with self._lock:
            self._last = time.monotonic()

    def require(self, request: Request) -> None:
        if time.monotonic() - self._last > _STANDSTILL_SECONDS:
            kind, state = RequestKind.Name(request.kind), RequestState.Name(request.state)
            why = f"{request.problem} {list(request.waiting_for)}"
            raise Broken(f"a {kind} has stopped in {state}: {why}")


def _carry(officer: Caller, subject: Filled, kind: int, seen: _Progress) -> Asked:
    asked = _request(kind, str(subject.id))
    request = patiently(lambda: officer.requests.CreateRequest(asked), seconds=_STANDSTILL_SECONDS)
    confirmed = ""
    while request.state < REQUEST_STATE_COMPLETED:
        step = str(len(request.transitions))
        if request.state == REQUEST_STATE_PLANNED and confirmed != step:
            _confirm(officer, request)
            confirmed = step
        if request.problem:
            _retry(officer, request)
        time.sleep(_POLL_SECONDS)
        request = _look(officer, request.id)
        seen.require(request)
    seen.made()
    return Asked(subject, request)


def _look(officer: Caller, id: str) -> Request:
    wanted = GetRequestRequest(id=id)
    return patiently(lambda: officer.requests.GetRequest(wanted), seconds=_STANDSTILL_SECONDS)


def _request(kind: int, contact_id: str) -> CreateRequestRequest:
    said = RIGHTS[kind].said if kind in RIGHTS else {}
    return CreateRequestRequest(
        request_id=new_id(),
        contact_id=contact_id,
        kind=kind,  # type: ignore[arg-type]
        language="de",
        channel="letter",
        vouched_by="known-address",
        **said,
    )


def _confirm(officer: Caller, request: Request) -> None:
    word = ConfirmRequestRequest(request_id=new_id(), id=request.id)
    patiently(lambda: officer.requests.ConfirmRequest(word), seconds=_STANDSTILL_SECONDS)


def _retry(officer: Caller, request: Request) -> None:
    """The officer sees what stands still, and has it tried at once; it may go on by itself meanwhile."""
    again = RetryRequestRequest(request_id=new_id(), id=request.id)
    try:
        patiently(lambda: officer.requests.RetryRequest(again), seconds=_STANDSTILL_SECONDS)
    except FailedPrecondition as error:
        same(error.reason, "NOTHING_STALLS", "why a retry is refused")


def judge(officer: Caller, asked: Asked) -> None:
    """The request has ended rightly, and its answer is there."""
    kind = RequestKind.Name(asked.request.kind)
    same(RequestState.Name(asked.request.state), "REQUEST_STATE_COMPLETED", f"how a {kind} ended")
    RIGHTS[asked.request.kind].judge(officer, asked)
