"""Where consents stand, as values; and what a consent lacks to be proven."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from services.privacy.consent.model import STANDING, WITH_A_MAIL, Record, State


@dataclass(frozen=True, slots=True)
class Filter:
    """Which of them. None and empty restrict nothing; `until` is the first moment after."""

    topic: str = ""
    method: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rows of the list."""

    filter: Filter
    state: State | None = None
    without_proof: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """The record that counts, with its place in the ledger, by which the list is ordered."""

    record: Record
    leaf_index: int
    # Of what stands; None if it has no end.
    last_day: date | None = None

    @property
    def missing(self) -> tuple[str, ...]:
        """What this consent lacks to be proven (§ 7a UWG); nothing where none was given."""
        if self.record.state not in STANDING:
            return ()
        evidence = self.record.evidence
        lacks = (
            ("text", self.record.text_id is None),
            ("confirm-time", evidence.confirm_time is None),
            # A double opt-in and a renewal send a mail; a login proves by itself.
            ("mail", evidence.method in WITH_A_MAIL and not evidence.mail_sha256),
        )
        return tuple(name for name, missing in lacks if missing)


@dataclass(frozen=True, slots=True)
class Counts:
    """How many there are, by state, and how many of those given could not be proven."""

    by_state: Mapping[State, int]
    without_proof: int
