"""How long a consent holds and when nobody may ask again: calendar months of the controller, as values."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from kernel.errors import FailedPrecondition
from services.privacy.consent.model import Record
from services.privacy.requests.deadline import months_after

# Why a consent expired; stands in the record as the way in which it came about.
VALIDITY = "validity"
UNUSED = "unused"
# Nothing was given before it: a limit that nothing reaches.
NEVER = datetime(1970, 1, 1, tzinfo=UTC)


class AskedTooSoon(FailedPrecondition):
    """The person said no a short time ago; `metadata` says when, and from when on they may be asked."""

    def __init__(self, *, said: date, again: date) -> None:
        super().__init__(
            f"The answer was no on {said}. They may be asked again from {again} on.",
            metadata={"said": str(said), "again": str(again)},
        )


class ConsentStands(FailedPrecondition):
    """There is nothing to ask: the consent holds."""


class RenewalOver(FailedPrecondition):
    """The consent has ended or was withdrawn; it can be given anew, and not renewed."""


@dataclass(frozen=True, slots=True)
class Due:
    """A consent that will end, and the question whether it is to go on."""

    id: uuid.UUID
    record: Record
    last_day: date


@dataclass(frozen=True, slots=True)
class Limits:
    """What was given, given by a parent, or used last before these moments holds no longer."""

    given: datetime = NEVER
    by_parent: datetime = NEVER
    used: datetime = NEVER


@dataclass(frozen=True, slots=True)
class Periods:
    """How long consents hold, in calendar months; 0 is without end.

    A period ends with the day that has the number of the day it began on, or with the month's last day where that
    month has none (§ 188(2), (3) BGB). The first moment of the next day of the controller finds no consent any more.
    """

    zone: ZoneInfo
    valid: Mapping[str, int] = field(default_factory=dict)
    by_parent: int = 0
    unused: int = 0
    # After a no nobody is asked again for so long.
    pause: int = 0

    def limits(self, topic: str, now: datetime) -> Limits:
        """The limits of a topic at this moment."""
        given = self._limit(self.valid.get(topic, 0), now)
        return Limits(given, max(given, self._limit(self.by_parent, now)), self._limit(self.unused, now))

    def last_day(self, topic: str, since: datetime, *, by_parent: bool) -> date | None:
        """The last day of a consent, however much it is used; None if it has none."""
        months = [self.valid.get(topic, 0), self.by_parent if by_parent else 0]
        return self._last(since, min((each for each in months if each), default=0))

    def last_unused_day(self, since: datetime) -> date | None:
        """The last day of a consent that is not used after this moment; None if it has none."""
        return self._last(since, self.unused)

    def free_from(self, said_no_at: datetime) -> date:
        """The first day on which somebody who said no may be asked again."""
        return months_after(self.day(said_no_at), self.pause)

    def day(self, moment: datetime) -> date:
        """The controller's calendar day."""
        return moment.astimezone(self.zone).date()

    def _last(self, since: datetime, months: int) -> date | None:
        return months_after(self.day(since), months) if months else None

    def _limit(self, months: int, now: datetime) -> datetime:
        """The first moment of the first day whose period has not ended."""
        if not months:
            return NEVER
        today = self.day(now)
        first = months_after(today, -months)
        # Months differ in length: 31 January and 28 February may end on the same day.
        while months_after(first, months) < today:
            first += timedelta(days=1)
        while months_after(first - timedelta(days=1), months) >= today:
            first -= timedelta(days=1)
        return datetime.combine(first, time(), self.zone)
