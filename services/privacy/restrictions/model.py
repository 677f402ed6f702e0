"""Restrictions as values: their grounds and states, and why and when one may end."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import IntEnum

from kernel.errors import FailedPrecondition, InvalidArgument, NotFound

# As on the wire: Art. 18(1)(a) to (d) GDPR; the list is closed.
ACCURACY, UNLAWFUL, LEGAL_CLAIM, OBJECTION = 1, 2, 3, 4
GROUNDS = frozenset({ACCURACY, UNLAWFUL, LEGAL_CLAIM, OBJECTION})
# Why a restriction ends. A closed list, because whatever somebody may type would be a personal value in a proof.
LIFT_REASONS = frozenset({"verified", "corrected", "grounds-override", "claim-ended", "subject-asked"})


class State(IntEnum):
    """As on the wire."""

    ORDERED = 1
    IN_FORCE = 2
    ANNOUNCED = 3
    LIFTING = 4
    LIFTED = 5


class GroundMissing(InvalidArgument):
    """A restriction rests on one of four grounds."""

    def __init__(self) -> None:
        super().__init__(
            "Say on what the person demands the restriction (Art. 18(1) GDPR).",
            violations={"ground": "must be one of the four of Art. 18(1) GDPR"},
        )


class LiftReasonUnknown(InvalidArgument):
    """The subject is told why the restriction ends."""

    def __init__(self) -> None:
        super().__init__(
            "Say why the restriction ends.",
            violations={"reason": f"must be one of {', '.join(sorted(LIFT_REASONS))}"},
        )


class DayNotAhead(InvalidArgument):
    """Who is told today needs time to say no."""

    def __init__(self) -> None:
        super().__init__(
            "The restriction can end tomorrow at the earliest.",
            violations={"lift_date": "must be an ISO 8601 date after today"},
        )


class RestrictionNotFound(NotFound):
    """No such restriction."""

    def __init__(self) -> None:
        super().__init__("There is no such restriction.")


class NotInForce(FailedPrecondition):
    """Only what every holder has confirmed, and what does not end already, can be announced to end."""

    def __init__(self) -> None:
        super().__init__("This restriction is not in force.")


class NotAnnounced(FailedPrecondition):
    """Art. 18(3) GDPR: the subject is informed before the restriction is lifted."""

    def __init__(self) -> None:
        super().__init__("The person must be told before the restriction ends (Art. 18(3) GDPR).")


class TooEarly(FailedPrecondition):
    """The subject was told a later day."""

    def __init__(self, day: date) -> None:
        super().__init__("The person was told a later day.", metadata={"lift_date": day.isoformat()})


@dataclass(frozen=True, slots=True)
class Restriction:
    """One restriction of one subject."""

    id: uuid.UUID
    contact_id: uuid.UUID
    request_id: uuid.UUID | None
    ground: int
    state: State
    ordered_at: datetime
    in_force_at: datetime | None = None
    announced_at: datetime | None = None
    lift_on: date | None = None
    lift_reason: str = ""
    lifted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Restricted:
    """A contact with everything that restricts it now, and since when."""

    contact_id: uuid.UUID
    since: datetime
    grounds: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Order:
    """What every holder is told about a subject: all grounds that hold from now on."""

    number: int
    contact_id: uuid.UUID
    grounds: tuple[int, ...]
    since: datetime


@dataclass(slots=True)
class Delays:
    """Which holders have not obeyed, why, and whose receipts prove nothing."""

    down: dict[str, str] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.down or self.refused)
