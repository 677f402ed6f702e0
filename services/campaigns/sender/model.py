"""Values of sending: states, mails, and what the relay said to each."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, StrEnum


class State(StrEnum):
    """Where a mail is on its way."""

    PLANNED = "planned"
    SENDING = "sending"
    SENT = "sent"
    DENIED = "denied"
    REFUSED = "refused"
    UNCERTAIN = "uncertain"


OPEN = (State.PLANNED, State.SENDING)


@dataclass(frozen=True, slots=True)
class Which:
    """Which messages of a campaign; empty restricts nothing."""

    states: tuple[State, ...] = ()
    reason: str = ""


class Verdict(Enum):
    """What became of one attempt to hand a mail over."""

    # The relay answered 250 to the final dot: it is responsible now.
    ACCEPTED = "accepted"
    # The relay refused this mail for good (5xx).
    REFUSED = "refused"
    # The relay asked to try again later (4xx).
    DEFERRED = "deferred"
    # The final dot was never written, so the relay cannot have accepted it.
    UNTOUCHED = "untouched"
    # The dot was written and no answer came: only the relay knows (RFC 1047).
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Outcome:
    """A verdict, with the relay's answer code where there is one."""

    verdict: Verdict
    code: int = 0


Outcomes = Mapping[uuid.UUID, Outcome]


@dataclass(frozen=True, slots=True)
class File:
    """Something that a mail brings along; its name is ASCII."""

    name: str
    media_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail, ready for the relay. `id` is its row's; the Message-ID is made of it."""

    id: uuid.UUID
    recipient: str
    content: bytes = field(repr=False)
    # Whether the envelope or a header holds more than ASCII (RFC 6531).
    utf8: bool = False


# How long a deferred mail waits, by attempt; after the last one it counts as refused.
RETRY_AFTER_S = (30.0, 120.0, 600.0, 3600.0)


@dataclass(frozen=True, slots=True)
class Counts:
    """Messages of one campaign by state, and the reasons of those that were not sent."""

    by_state: Mapping[State, int]
    by_reason: Mapping[str, int]

    def of(self, state: State) -> int:
        """How many messages are in a state."""
        return self.by_state.get(state, 0)

    @property
    def total(self) -> int:
        """The size of the frozen audience so far."""
        return sum(self.by_state.values())
