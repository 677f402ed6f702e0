"""Every right that somebody can exercise: how it is asked for, how its request ends, what it may change."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from kontor.options.v1.options_pb2 import RESTRICTION_GROUND_UNLAWFUL
from kontor.privacy.v1.holder_pb2 import (
    REQUEST_KIND_ACCESS,
    REQUEST_KIND_ERASURE,
    REQUEST_KIND_OBJECTION,
    REQUEST_KIND_PORTABILITY,
    REQUEST_KIND_RECTIFICATION,
    REQUEST_KIND_RESTRICTION,
    REQUEST_KIND_WITHDRAWAL,
    RequestKind,
)
from kontor.privacy.v1.privacy_pb2 import (
    CHANNEL_EMAIL,
    DOCUMENT_FORMAT_JSON,
    OBJECTION_SCOPE_MARKETING,
    OBJECTION_SCOPE_PROCESSING,
    REQUEST_STATE_ACCEPTED,
    REQUEST_STATE_COMPLETED,
    REQUEST_STATE_EXECUTING,
    REQUEST_STATE_PLANNED,
    Address,
    CheckSuppressionsRequest,
    ConfirmRequestRequest,
    ConsentState,
    Correction,
    CreateRequestRequest,
    FulfilRequestRequest,
    GetDocumentRequest,
    GetRequestRequest,
    ListConsentsRequest,
    Request,
    RequestState,
    RetryRequestRequest,
    SettleRecipientRequest,
)

from kernel.errors import FailedPrecondition
from tests.e2e.calls import Caller, new_id, patiently
from tests.e2e.check import Broken, holds, same
from tests.e2e.filling import Filled
from tests.e2e.running import BACK_ENDS
from tests.e2e.world import World

Answer = TypeVar("Answer")
# What staff does about a request, once; its id makes it safe to say it again.
Step = Callable[[], Request]

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
    right: str
    request: Request


@dataclass(frozen=True)
class Right:
    """One thing that somebody can demand.

    `said` is what is told beside the kind; `does` is what staff does about a request that is not done yet;
    `changes` are tables in which rows of the subject may then be other ones, `leaves` those in which there may be
    more of them; `judge` finds what is wrong with the answer.
    """

    kind: int
    said: Callable[[Filled], Mapping[str, Any]] = lambda subject: {}
    does: Callable[[Caller, Request], Iterable[Step]] = lambda officer, request: ()
    changes: frozenset[str] = frozenset()
    leaves: frozenset[str] = frozenset()
    judge: Callable[[World, Asked], None] = lambda world, asked: None


def _confirms(officer: Caller, request: Request) -> Iterator[Step]:
    if request.state == REQUEST_STATE_PLANNED:
        word = ConfirmRequestRequest(request_id=new_id(), id=request.id)
        yield lambda: officer.requests.ConfirmRequest(word)


def _corrects(officer: Caller, request: Request) -> Iterator[Step]:
    if request.state == REQUEST_STATE_ACCEPTED:
        yield from _fulfils(officer, request)
    for recipient in request.recipients:
        if not recipient.how:
            told = SettleRecipientRequest(request_id=new_id(), id=request.id, recipient=recipient.name)
            told.how = "email"
            yield partial(officer.requests.SettleRecipient, told)


def _upholds(officer: Caller, request: Request) -> Iterator[Step]:
    if request.state == REQUEST_STATE_EXECUTING:
        yield from _fulfils(officer, request)


def _fulfils(officer: Caller, request: Request) -> Iterator[Step]:
    done = FulfilRequestRequest(request_id=new_id(), id=request.id)
    yield lambda: officer.requests.FulfilRequest(done)


def _has_own_copy(world: World, asked: Asked) -> None:
    holds(asked.subject.email.encode() in _document(world, asked), "a copy holds the address of its subject")


def _has_certificate(world: World, asked: Asked) -> None:
    holds(asked.subject.canary.encode() not in _document(world, asked), "a certificate names nobody")


def _document(world: World, asked: Asked) -> bytes:
    wanted = GetDocumentRequest(id=asked.request.id, format=DOCUMENT_FORMAT_JSON)
    return patiently(lambda: world.dpo.requests.GetDocument(wanted)).content


def _is_restricted(world: World, asked: Asked) -> None:
    statement = "SELECT count(*) FROM restricted_subject WHERE subject_id = %s AND lifted_at IS NULL"
    for name in BACK_ENDS:
        with world.running.connect(name) as connection:
            found = connection.execute(statement, (asked.subject.id,)).fetchone()
        same(found, (1,), f"restrictions of one person that hold at {name}")


def _gets_no_mail(world: World, asked: Asked) -> None:
    listed = world.dpo.consents.ListConsents(ListConsentsRequest(contact_id=str(asked.subject.id)))
    states = {ConsentState.Name(consent.state) for consent in listed.consents}
    same(states, {"CONSENT_STATE_WITHDRAWN"}, "consents of somebody who wants no advertising")


def _is_never_mailed_again(world: World, asked: Asked) -> None:
    _gets_no_mail(world, asked)
    address = Address(channel=CHANNEL_EMAIL, value=asked.subject.email)
    told = world.service.suppressions.CheckSuppressions(CheckSuppressionsRequest(addresses=[address]))
    same(list(told.suppressed), [True], "whether the address is suppressed")


_RESTRICTS = frozenset(f"{name}.restricted_subject" for name in BACK_ENDS)
_RESTRICTED = frozenset({"privacy.restriction", "privacy.restriction_order"})
_WITHDRAWN = frozenset({"privacy.consent_record", "privacy.consent_ip"})
# By what it is called in what the check says. A kind of the contract that is served and not here fails the check.
RIGHTS: dict[str, Right] = {
    "access": Right(REQUEST_KIND_ACCESS, judge=_has_own_copy),
    "erasure": Right(REQUEST_KIND_ERASURE, does=_confirms, judge=_has_certificate),
    "portability": Right(REQUEST_KIND_PORTABILITY, judge=_has_own_copy),
    "rectification": Right(
        REQUEST_KIND_RECTIFICATION,
        said=lambda subject: {"corrections": [Correction(field="city", after=f"Neustadt {subject.canary}")]},
        does=_corrects,
        leaves=frozenset({"privacy.request_correction"}),
    ),
    "restriction": Right(
        REQUEST_KIND_RESTRICTION,
        said=lambda subject: {"ground": RESTRICTION_GROUND_UNLAWFUL},
        changes=_RESTRICTS,
        leaves=_RESTRICTED,
        judge=_is_restricted,
    ),
    "objection to advertising": Right(
        REQUEST_KIND_OBJECTION,
        said=lambda subject: {"objection": OBJECTION_SCOPE_MARKETING},
        leaves=_WITHDRAWN,
        judge=_is_never_mailed_again,
    ),
    "objection to processing": Right(
        REQUEST_KIND_OBJECTION,
        said=lambda subject: {"objection": OBJECTION_SCOPE_PROCESSING},
        does=_upholds,
        changes=_RESTRICTS,
        leaves=_RESTRICTED,
    ),
    "withdrawal": Right(REQUEST_KIND_WITHDRAWAL, leaves=_WITHDRAWN, judge=_gets_no_mail),
}
Wishes = Mapping[Filled, str]


def check_kinds() -> None:
    """What the contract knows can be asked for here."""
    known = {right.kind for right in RIGHTS.values()}
    missing = [RequestKind.Name(kind) for kind in RequestKind.values() if kind and kind not in known]
    same(missing, [], "rights that nobody checks")


class Asking:
    """Asks for everything, does staff's part, and stays until each request has ended.

    There is no clock for a request: only if none has ended for minutes, something stands still for good.
    """

    def __init__(self, officer: Caller) -> None:
        self._officer = officer
        self._last = time.monotonic()
        self._given_up = threading.Event()

    def all(self, wanted: Iterable[tuple[Filled, str]], *, at_once: int) -> list[Asked]:
        """Some at a time; the requests as they ended, in order."""
        with ThreadPoolExecutor(at_once) as pool:
            turns = [pool.submit(self._carry, *one) for one in wanted]
            try:
                return [turn.result() for turn in turns]
            except BaseException:
                # Also when we are to end: nobody waits for services that are being stopped.
                self._given_up.set()
                pool.shutdown(wait=False, cancel_futures=True)
                raise

    def surely(self, call: Callable[[], Answer]) -> Answer:
        """Whoever is away is on the way back."""
        while True:
            try:
                return patiently(call, seconds=2)
            except Broken:
                self._require_progress("a service stays away")

    def _carry(self, subject: Filled, name: str) -> Asked:
        right, requests = RIGHTS[name], self._officer.requests
        asked = CreateRequestRequest(
            request_id=new_id(),
            contact_id=str(subject.id),
            kind=right.kind,  # type: ignore[arg-type]
            language="de",
            channel="letter",
            vouched_by="known-address",
            **right.said(subject),
        )
        request = self.surely(lambda: requests.CreateRequest(asked))
        wanted = GetRequestRequest(id=request.id)
        while request.state < REQUEST_STATE_COMPLETED:
            for step in right.does(self._officer, request):
                self.surely(step)
            if request.problem:
                self._retry(request)
            time.sleep(_POLL_SECONDS)
            request = self.surely(lambda: requests.GetRequest(wanted))
            self._require_progress(
                f"{name} has stopped in {RequestState.Name(request.state)}: "
                f"{request.problem} {list(request.waiting_for)}"
            )
        self._last = time.monotonic()
        return Asked(subject, name, request)

    def _retry(self, request: Request) -> None:
        """The officer sees what stands still, and has it tried at once; it may go on by itself meanwhile."""
        again = RetryRequestRequest(request_id=new_id(), id=request.id)
        try:
            self.surely(lambda: self._officer.requests.RetryRequest(again))
        except FailedPrecondition as error:
            same(error.reason, "NOTHING_STALLS", "why a retry is refused")

    def _require_progress(self, what: str) -> None:
        if self._given_up.is_set() or time.monotonic() - self._last > _STANDSTILL_SECONDS:
            raise Broken(what)


def judge(world: World, asked: Asked) -> None:
    """The request has ended rightly, and its answer is there."""
    same(
        RequestState.Name(asked.request.state),
        "REQUEST_STATE_COMPLETED",
        f"how a request ended: {asked.right}",
    )
    RIGHTS[asked.right].judge(world, asked)
