"""The course of a request in law: how it came, who asks, how long we have, why it is extended or refused.

All of it is read off the steps, so that what is shown and what is proven cannot differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from kernel.errors import FailedPrecondition, InvalidArgument, ResourceExhausted
from services.privacy.requests.deadline import EXTENDED_MONTHS, MONTHS, Deadline
from services.privacy.requests.model import STAFF, SUBJECT, SYSTEM, Kind, Request, Scope, State, Transition

# Closed lists, all of them: what somebody may type would be a personal value in a proof that outlives the erasure.
CHANNELS = frozenset({"letter", "email", "phone", "in-person"})
# On the page without a login: noted by the machine, never by staff.
CHANNEL_PUBLIC = "public-page"
# How staff knows that it is this person. A copy of an identity card is no way (privacy.md).
VOUCHERS = frozenset({"known-in-person", "called-back", "known-address", "known-details"})
# Art. 12(3): complexity and number of the requests, and nothing else.
EXTENSIONS = frozenset({"complexity", "number-of-requests"})
IDENTITY_NOT_PROVEN, LAW_KEEPS_EVERYTHING = "identity-not-proven", "law-keeps-everything"
DATA_IS_CORRECT = "data-is-correct"
# Art. 21(1): what overrides an objection to processing. Nothing overrides one to advertising.
OVERRIDING = frozenset({"compelling-grounds", "legal-claims"})
# Art. 12(2), (5), 11(2), 17(3): why nothing is done. What the person must be told then stands in Art. 12(4).
REFUSALS = OVERRIDING | {
    IDENTITY_NOT_PROVEN,
    "not-the-subject",
    "manifestly-unfounded",
    "excessive",
    LAW_KEEPS_EVERYTHING,
    DATA_IS_CORRECT,
}
# The step that says what an objection is about.
OBJECTS_TO = {Scope.MARKETING: "objects-to-marketing", Scope.PROCESSING: "objects-to-processing"}
# So many one login makes in a day. Whoever needs more turns to a person: the page says to whom.
A_DAY = 10
# Before this day there was no such right.
_GDPR = date(2018, 5, 25)
_BY, _EXTENDED, _REFUSED = "by-", "extended-", "refused-"


class NotVerifying(FailedPrecondition):
    """Nobody doubts who asks here."""


class AlreadyExtended(FailedPrecondition):
    """A request is extended once."""


class ExtensionTooLate(FailedPrecondition):
    """The person had to be told within the first month (Art. 12(3) GDPR)."""


class ReasonUnfit(FailedPrecondition):
    """This reason contradicts the request: its kind, or what is known of the person."""


class TooManyRequests(ResourceExhausted):
    """One login has made more requests in a day than a person needs; a letter or a mail is taken as ever."""


@dataclass(frozen=True, slots=True)
class Reception:
    """How staff received a request: on which channel and day, and how it knows who asks, or that it does not."""

    channel: str = ""
    received_on: date | None = None
    vouched_by: str = ""
    in_doubt: bool = False

    def check(self, *, own: bool, today: date) -> None:
        """Errors: InvalidArgument, at every field that is wrong."""
        wrong: dict[str, str] = {}
        if own and self != Reception():
            wrong["channel"] = "is noted by staff only"
        elif self != Reception():
            if self.channel not in CHANNELS:
                wrong["channel"] = one_of(CHANNELS)
            if self.in_doubt == bool(self.vouched_by):
                wrong["vouched_by"] = "must be set, or in_doubt, and not both"
            elif self.vouched_by and self.vouched_by not in VOUCHERS:
                wrong["vouched_by"] = one_of(VOUCHERS)
            if self.received_on is not None and not _GDPR <= self.received_on <= today:
                wrong["receive_date"] = f"must be a day from {_GDPR} to today"
        if wrong:
            raise InvalidArgument("The request cannot be recorded like this.", violations=wrong)

    def steps(self, at: datetime, *, own: bool) -> tuple[Transition, Transition]:
        """The first two steps: received, and accepted or in doubt."""
        if own:
            return (
                Transition(State.RECEIVED, at, SUBJECT, "portal"),
                Transition(State.ACCEPTED, at, SYSTEM, "identity-login"),
            )
        came = f"{_BY}{self.channel}" if self.channel else "on-behalf"
        received = Transition(State.RECEIVED, at, STAFF, came)
        if self.in_doubt:
            return received, Transition(State.VERIFYING, at, STAFF, "identity-in-doubt")
        return received, Transition(State.ACCEPTED, at, STAFF, _vouched(self.vouched_by))


@dataclass(frozen=True, slots=True)
class Course:
    """Where a request stands in law; an empty text or None where there is nothing to say."""

    channel: str
    identity: str
    extension: str
    refusal: str
    # Whether identity is in doubt now, for how many days it has been, and when the answer were due without them.
    doubted: bool
    doubt_days: int
    suspended_due_date: date | None
    # The last day on which the person can be told of an extension.
    extend_by: date | None
    # What an objection is about; None for every other kind.
    objection: Scope | None


def course(request: Request, steps: Sequence[Transition], *, deadline: Deadline, now: datetime) -> Course:
    """Reads it off the steps."""
    came = _reason(steps, State.RECEIVED)
    extension = _extension(steps)
    doubts = [step for step in steps if step.state is State.VERIFYING]
    days = _doubt_days(steps, deadline=deadline, now=now)
    months = EXTENDED_MONTHS if extension else MONTHS
    first_month = deadline.due(request.received_at)
    extendable = request.state < State.COMPLETED and not extension and deadline.day_of(now) <= first_month
    return Course(
        channel="portal" if came == "portal" else came.removeprefix(_BY) if came.startswith(_BY) else "",
        identity=_reason(steps, State.ACCEPTED),
        extension=extension,
        refusal=_reason(steps, State.REFUSED).removeprefix(_REFUSED),
        doubted=request.state is State.VERIFYING,
        doubt_days=days,
        suspended_due_date=deadline.due(request.received_at, months=months, doubt_days=days)
        if doubts
        else None,
        extend_by=first_month if extendable else None,
        objection=objection_of(steps),
    )


def objection_of(steps: Sequence[Transition]) -> Scope | None:
    """What an objection is about."""
    said = {step.reason for step in steps}
    return next((scope for scope, reason in OBJECTS_TO.items() if reason in said), None)


def extended(
    request: Request, steps: Sequence[Transition], reason: str, *, deadline: Deadline, now: datetime
) -> tuple[Transition, date]:
    """The step that tells of an extension, and the new last day. Errors: AlreadyExtended, ExtensionTooLate."""
    if reason not in EXTENSIONS:
        raise InvalidArgument("No such reason.", violations={"reason": one_of(EXTENSIONS)})
    if _extension(steps):
        raise AlreadyExtended("This request is extended already.")
    if deadline.day_of(now) > deadline.due(request.received_at):
        raise ExtensionTooLate("The first month is over.")
    step = Transition(request.state, now, STAFF, f"{_EXTENDED}{reason}")
    return step, deadline.due(request.received_at, months=EXTENDED_MONTHS)


def verified(request: Request, vouched_by: str, *, now: datetime) -> Transition:
    """The step that ends the doubt about who asks. Errors: InvalidArgument, NotVerifying."""
    if vouched_by not in VOUCHERS:
        raise InvalidArgument("No such reason.", violations={"vouched_by": one_of(VOUCHERS)})
    if request.state is not State.VERIFYING:
        raise NotVerifying("Nobody doubts who asks here.")
    return Transition(State.ACCEPTED, now, STAFF, f"verified-{vouched_by}")


def refused(request: Request, steps: Sequence[Transition], reason: str, *, now: datetime) -> Transition:
    """The step that refuses. Errors: InvalidArgument, ReasonUnfit."""
    if reason not in REFUSALS:
        raise InvalidArgument("No such reason.", violations={"reason": one_of(REFUSALS)})
    if reason == IDENTITY_NOT_PROVEN and request.state is not State.VERIFYING:
        raise ReasonUnfit("The identity is proven here.")
    if reason == LAW_KEEPS_EVERYTHING and request.kind is not Kind.ERASURE:
        raise ReasonUnfit("No law keeps anybody from a copy of the own data.")
    if reason == DATA_IS_CORRECT and request.kind is not Kind.RECTIFICATION:
        raise ReasonUnfit("Nobody says that the data is wrong.")
    # Beyond that the objector need not be right, and an objection to advertising has no other side (Art. 21(3)).
    if (reason in OVERRIDING) is not (objection_of(steps) is Scope.PROCESSING):
        raise ReasonUnfit("Only an objection to processing is weighed, and only against these grounds.")
    return Transition(State.REFUSED, now, STAFF, f"{_REFUSED}{reason}")


def day_of_receipt(iso: str) -> date | None:
    """The day that was noted; None if none was. Errors: InvalidArgument."""
    try:
        return date.fromisoformat(iso) if iso else None
    except ValueError as error:
        raise InvalidArgument(
            "No such day.", violations={"receive_date": "must be an ISO 8601 date"}
        ) from error


def one_of(allowed: frozenset[str]) -> str:
    """What is wrong with a word that is not on a closed list."""
    return f"must be one of {', '.join(sorted(allowed))}"


def _vouched(by: str) -> str:
    return f"vouched-{by}" if by else "identity-staff"


def _reason(steps: Sequence[Transition], state: State) -> str:
    return next((step.reason for step in steps if step.state is state), "")


def _extension(steps: Sequence[Transition]) -> str:
    found = (step.reason for step in steps if step.reason.startswith(_EXTENDED))
    return next(found, "").removeprefix(_EXTENDED)


def _doubt_days(steps: Sequence[Transition], *, deadline: Deadline, now: datetime) -> int:
    began = next((step.at for step in steps if step.state is State.VERIFYING), None)
    if began is None:
        return 0
    doubted = [at for at, step in enumerate(steps) if step.state is State.VERIFYING]
    later = steps[doubted[-1] + 1 :]
    return deadline.doubt_days(began, later[0].at if later else now)
