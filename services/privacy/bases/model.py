"""People without a basis as values."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from services.privacy.consent.model import State

NEVER_ASKED = "never-asked"
# What has become of the last consent, where none holds any more.
_WHY = {
    State.REQUESTED: "not-confirmed",
    State.REFUSED: "refused",
    State.WITHDRAWN: "withdrawn",
    State.EXPIRED: "expired",
}


@dataclass(frozen=True, slots=True)
class Person:
    """A contact as the survey meets it."""

    contact_id: uuid.UUID
    created_at: datetime
    source: str


@dataclass(frozen=True, slots=True)
class Without:
    """A contact that nothing permits to hold, and what has become of the last consent."""

    person: Person
    why: str
    found_at: datetime


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which of them. None and empty restrict nothing; `until` is the first moment after."""

    why: str = ""
    source: str = ""
    since: datetime | None = None
    until: datetime | None = None


def why(last: State | None) -> str:
    """What has become of the last consent."""
    return NEVER_ASKED if last is None else _WHY.get(last, NEVER_ASKED)


def kind_of(source: str) -> str:
    """Where a contact came from, without which import it was."""
    return source.partition(":")[0]
