"""Requests as values: states and who moves them, rounds of an erasure, identifiers."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import IntEnum
from typing import Any

from kernel.errors import FailedPrecondition, NotFound

SUBJECT, STAFF, SYSTEM = "subject", "staff", "system"
# On whose word staff carries out what the person has asked for in the portal. A closed list, because whatever
# somebody may type here would be a personal value in a proof that outlives the erasure.
WORDS_BY = frozenset({"letter", "phone", "in-person", "court"})
# Why an erasure was refused whose plan the person did not confirm.
NOT_CONFIRMED = "not-confirmed"
# Why an erasure is stopped, before the reason of the hold.
HELD = "legal-hold:"
# Why a request stands still.
HOLDERS_DOWN, RECEIPT_REFUSED, LEDGER_DOWN = "holders-down", "receipt-refused", "ledger-unavailable"
DOCUMENT_FAILED, UNEXPECTED = "document-failed", "unexpected"
_SHORTEST_PAUSE = timedelta(minutes=1)
# Rounds of an erasure that follow each other at once; later ones wait, because a person has to look.
_QUICK_ROUNDS = 2
_LONGEST_PAUSE = timedelta(hours=1)


class Kind(IntEnum):
    """As on the wire."""

    ACCESS = 1
    ERASURE = 2
    RECTIFICATION = 3
    RESTRICTION = 4
    PORTABILITY = 5
    OBJECTION = 6
    WITHDRAWAL = 7


# What counts from the moment it is said: nothing is left to take back. A restriction ends by being lifted.
AT_ONCE = (Kind.RESTRICTION, Kind.OBJECTION, Kind.WITHDRAWAL)
# What needs the data: for an erasure that has begun there is nothing left to copy or to correct.
NEEDS_DATA = (Kind.ACCESS, Kind.PORTABILITY, Kind.RECTIFICATION)


class State(IntEnum):
    """As on the wire."""

    RECEIVED = 1
    VERIFYING = 2
    ACCEPTED = 3
    PLANNED = 4
    EXECUTING = 5
    COMPLETED = 6
    REFUSED = 7
    WITHDRAWN = 8
    PARTIALLY_FULFILLED = 9


# From the word to erase on: the contact may be gone.
ERASING = (State.EXECUTING, State.COMPLETED, State.PARTIALLY_FULFILLED)


class Told(IntEnum):
    """Of what the person is told by mail; as `NoticeKind` on the wire."""

    RECEIVED = 1
    IDENTIFIED = 2
    EXTENDED = 3
    PLANNED = 4
    COMPLETED = 5
    REFUSED = 6
    IDENTITY_CODE = 7
    ERASED = 8
    PARTLY_ERASED = 9
    HELD = 10


# The last mail: after it nobody knows the person any more, and before it nobody but who sends it.
FAREWELLS = (Told.ERASED, Told.PARTLY_ERASED)


class RequestNotFound(NotFound):
    """No such request, or somebody else's."""


class RequestOpen(FailedPrecondition):
    """The contact has an open request of this kind; `metadata["id"]` names it."""


class NotPlanned(FailedPrecondition):
    """Only an erasure whose plan was shown can be confirmed."""


class NotCompleted(FailedPrecondition):
    """There is nothing to hand out yet."""


class DocumentFailed(Exception):
    """The readable document could not be made; what was typed into it stays out of this error."""


class ErasureRuns(FailedPrecondition):
    """The contact is being erased: there is nothing left to copy. `metadata["id"]` names the erasure."""


class OnlyThePerson(FailedPrecondition):
    """Who asked in the portal decides there; for somebody else's word a reason has to be given."""


class TooLate(FailedPrecondition):
    """What is being carried out, or has ended, cannot be withdrawn."""


class NothingToFulfil(FailedPrecondition):
    """Staff has nothing to do here: the service carries it out itself, or it is done."""


class RecipientNotFound(NotFound):
    """The data of this request went to no such recipient."""


class RecipientSettled(FailedPrecondition):
    """It is noted already whether this recipient was told."""


class NothingStalls(FailedPrecondition):
    """The request does not stand still."""


class DocumentGone(NotFound):
    """The copy was kept for thirty days, or went with the erasure of its subject."""


@dataclass(frozen=True, slots=True)
class Transition:
    """One step: which state, when, who, why."""

    state: State
    at: datetime
    actor: str
    reason: str

    @property
    def told(self) -> Told | None:
        """Of what the person is told by mail at this step; None for what they do themselves or need not know."""
        if self.reason.startswith("extended-"):
            return Told.EXTENDED
        if self.reason.startswith("verified-"):
            return Told.IDENTIFIED
        if self.reason.startswith(HELD):
            return Told.HELD
        return _TOLD.get(self.state)


_TOLD = {
    State.RECEIVED: Told.RECEIVED,
    State.PLANNED: Told.PLANNED,
    State.COMPLETED: Told.COMPLETED,
    State.REFUSED: Told.REFUSED,
}


@dataclass(frozen=True, slots=True)
class Notice:
    """One mail to ask campaigns for."""

    id: uuid.UUID
    request_id: uuid.UUID
    contact_id: uuid.UUID
    kind: Told
    due_date: date


@dataclass(frozen=True, slots=True)
class Request:
    """One request of one subject."""

    id: uuid.UUID
    kind: Kind
    state: State
    contact_id: uuid.UUID
    requested_by: str | None
    language: str
    received_at: datetime
    due_date: date
    completed_at: datetime | None = None
    round: int = 1
    retry_at: datetime | None = None
    waiting_for: tuple[str, ...] = ()
    # Why it stands still, as a stable key, and since when; empty while it moves.
    problem: str = ""
    stalled_at: datetime | None = None
    # Partially fulfilled: the last day of what is kept longest; None while a legal hold keeps it.
    kept_until: date | None = None

    @property
    def withdrawable(self) -> bool:
        """Whether withdrawing still changes something: an erasure that has begun cannot be taken back."""
        begun = self.state is State.EXECUTING and self.kind is Kind.ERASURE
        return self.state < State.COMPLETED and not begun and self.kind not in AT_ONCE

    @property
    def refusable(self) -> bool:
        """Whether staff can still say no; course.py says for which reasons."""
        return self.withdrawable or (self.state < State.COMPLETED and self.kind is Kind.OBJECTION)

    @property
    def over(self) -> bool:
        """Whether an erasure has done all that it can now: what a law keeps waits for its day, not for us."""
        kept = self.state is State.PARTIALLY_FULFILLED and self.kept_until is not None
        return self.kind is Kind.ERASURE and (self.state is State.COMPLETED or kept)

    @property
    def outlives_contact(self) -> bool:
        """Whether the contact that it is about may be gone: whoever asked to be erased still gets the proof."""
        return self.kind is Kind.ERASURE and self.state in ERASING


class Scope(IntEnum):
    """What somebody objects to; as `ObjectionScope` on the wire."""

    MARKETING = 1
    PROCESSING = 2


@dataclass(frozen=True, slots=True)
class Correction:
    """One value that is wrong, as the person sees it."""

    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class SettledRecipient:
    """A recipient of the data, and how it was told of what was done, or why not (Art. 19 GDPR)."""

    recipient: str
    how: str = ""
    settled_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody has said beside the kind of the request."""

    # Restrictions: the ground.
    ground: int = 0
    # Withdrawals: from which topics; none is all.
    topics: tuple[str, ...] = ()
    # Objections.
    objection: int = 0
    # Rectifications.
    corrections: tuple[Correction, ...] = ()


@dataclass(frozen=True, slots=True)
class Requester:
    """A customer who looks at requests: the login, and the contact that it is joined to now, if to any."""

    login: str
    contact_id: uuid.UUID | None

    def sees(self, request: Request) -> bool:
        """What this login has asked for, and only while the contact is its own: a login can be taken away."""
        own = request.contact_id == self.contact_id or request.outlives_contact
        return request.requested_by == self.login and own


def shown_at(steps: Iterable[Transition]) -> datetime | None:
    """When the plan was shown that waits for a word; None if there is none."""
    return max((step.at for step in steps if step.state is State.PLANNED), default=None)


@dataclass(frozen=True, slots=True)
class Filter:
    """Which requests, in which order. None restricts nothing."""

    contact_id: uuid.UUID | None = None
    requested_by: Requester | None = None
    only_open: bool = False
    # Only those of which a recipient of the data still has to be told.
    untold: bool = False
    # The one that is due first, and of one day the one that came first; else the newest first.
    due_first: bool = False

    def position(self, request: Request) -> list[str]:
        """Where a page ends whose last request is this one: the values of the sort keys."""
        due = [request.due_date.isoformat()] if self.due_first else []
        return [*due, request.received_at.isoformat(), str(request.id)]

    def keys(self, position: Sequence[str]) -> tuple[date | datetime | uuid.UUID, ...]:
        """What `position` wrote down, as values."""
        *due, received_at, request_id = position
        return (
            *map(date.fromisoformat, due),
            datetime.fromisoformat(received_at),
            uuid.UUID(request_id),
        )


@dataclass(frozen=True, slots=True)
class Round:
    """One pass of an erasure."""

    number: int
    plan_hash: bytes | None = None
    ledger_id: uuid.UUID | None = None
    suppressed_at: datetime | None = None
    probed_at: datetime | None = None
    probe: Any = None


@dataclass(frozen=True, slots=True)
class Identifiers:
    """How the subject can be recognised outside of id columns.

    A name alone is nobody: two people may share it. Holders take it out where it stands beside an address.
    """

    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    # The one to write to; empty if there is none. Not another one: it is among `emails`.
    main: str = ""

    def joined(self, other: Identifiers) -> Identifiers:
        """These and those, each once and sorted."""
        return Identifiers(
            tuple(sorted({*self.emails, *other.emails})),
            tuple(sorted({*self.phones, *other.phones})),
            tuple(sorted({*self.names, *other.names})),
            self.main or other.main,
        )

    def without_emails(self, positions: Collection[int]) -> Identifiers:
        """These without the e-mail addresses at these positions."""
        kept = tuple(email for at, email in enumerate(self.emails) if at not in positions)
        return replace(self, emails=kept, main=self.main if self.main in kept else "")


def residue(probe: Mapping[str, Any]) -> list[str]:
    """`holder.dataset.column` of findings that no law keeps."""
    return [
        f"{holder}.{finding['dataset']}.{finding['column']}"
        for holder, answer in sorted(probe.items())
        for finding in answer["findings"]
        if not finding["law"]
    ]


def next_try(number: int, now: datetime) -> datetime | None:
    """When round `number` may start; None means at once."""
    if number <= _QUICK_ROUNDS:
        return None
    return now + min(timedelta(minutes=2 ** (number - _QUICK_ROUNDS)), _LONGEST_PAUSE)


def next_attempt(stalled_at: datetime, now: datetime) -> datetime:
    """When what has failed is tried again: the longer it stands still, the longer the pause."""
    return now + min(max(now - stalled_at, _SHORTEST_PAUSE), _LONGEST_PAUSE)


@dataclass(frozen=True, slots=True)
class Controller:
    """The company that answers, and whom to turn to (Art. 13–15 GDPR)."""

    name: str
    address: str
    email: str
    phone: str = ""
    dpo_name: str = ""
    dpo_email: str = ""
    authority_name: str = ""
    authority_address: str = ""
    authority_url: str = ""
