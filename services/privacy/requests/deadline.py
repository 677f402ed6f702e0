"""The legal clock: one calendar month, moved off weekends and public holidays (Art. 12(3) GDPR, Reg. 1182/71)."""

from __future__ import annotations

import calendar
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import holidays

_SATURDAY = 5
# So long at least somebody has to think about the plan of an erasure.
DECIDE_DAYS = 14
MONTHS = 1
# One month, and two further ones (Art. 12(3) sentence 2): three in all, counted from the receipt.
EXTENDED_MONTHS = 3
# Where the municipality, not the state, decides: Assumption in Bavaria, Corpus Christi in Saxony and Thuringia.
_CATHOLIC = "-catholic"


class Deadline:
    """Computes the last day to answer, by the public holidays of the controller's state.

    `state` is the code of a federal state ("BE"), of one of its Catholic municipalities ("BY-catholic", "SN-catholic",
    "TH-catholic"), or "Augsburg", which has a holiday of its own.
    """

    def __init__(self, *, state: str, timezone: str) -> None:
        catholic = (holidays.CATHOLIC,) if state.endswith(_CATHOLIC) else ()
        self._holidays = holidays.country_holidays(
            "DE", subdiv=state.removesuffix(_CATHOLIC), categories=(holidays.PUBLIC, *catholic)
        )
        self._zone = ZoneInfo(timezone)

    def day_of(self, moment: datetime) -> date:
        """The controller's calendar day."""
        return moment.astimezone(self._zone).date()

    def start_of(self, day: date) -> datetime:
        """The first instant of the controller's calendar day: of a letter only the day is known."""
        return datetime.combine(day, time(), self._zone)

    def last_word(self, due_date: date, planned_at: datetime) -> date:
        """The last day on which a plan can be confirmed that was shown at this instant.

        It is the day before the answer is due: the refusal is the answer then, and the person must have it, with
        reasons and ways to complain, within the month (Art. 12(4) GDPR). A plan that we made late gives
        no less time to think; then it is the answer that comes late, and that is our fault.
        """
        return max(due_date - timedelta(days=1), self.day_of(planned_at) + timedelta(days=DECIDE_DAYS))

    def due(self, received_at: datetime, *, months: int = MONTHS, doubt_days: int = 0) -> date:
        """The last day for a request that was received at this instant.

        A month ends on the day with the same number; where that month has none, on its last
        day (Reg. 1182/71 Art. 3(2)(c)); an end on a free day moves on (Art. 3(4)). Days of doubt about who
        asks are put behind the month itself, not behind an end that a holiday has moved: that gift was no time of ours.
        """
        end = months_after(self.day_of(received_at), months) + timedelta(days=max(doubt_days, 0))
        while end.weekday() >= _SATURDAY or end in self._holidays:
            end += timedelta(days=1)
        return end

    def doubt_days(self, since: datetime, until: datetime) -> int:
        """How many of the controller's days the doubt has lasted; none if a clock was set back meanwhile."""
        return max((self.day_of(until) - self.day_of(since)).days, 0)


def months_after(day: date, months: int) -> date:
    """The same day so many months later, or that month's last day.

    Counted at once and not month by month: 31 January and three months is 30 April, whatever February has.
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def next_month(day: date) -> date:
    """The same day of the next month, or that month's last day."""
    return months_after(day, 1)
