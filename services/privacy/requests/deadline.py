"""The legal clock: one calendar month, moved off weekends and public holidays (Art. 12(3) GDPR, Reg. 1182/71)."""

from __future__ import annotations

import calendar
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import holidays

_SATURDAY = 5
# So long at least somebody has to think about the plan of an erasure.
DECIDE_DAYS = 14


class Deadline:
    """Computes the last day to answer, by the public holidays of the controller's state."""

    def __init__(self, *, state: str, timezone: str) -> None:
        self._holidays = holidays.country_holidays("DE", subdiv=state)
        self._zone = ZoneInfo(timezone)

    def day_of(self, moment: datetime) -> date:
        """The controller's calendar day."""
        return moment.astimezone(self._zone).date()

    def last_word(self, due_date: date, planned_at: datetime) -> date:
        """The last day on which a plan can be confirmed that was shown at this instant.

        It is the day before the answer is due: the refusal is the answer then, and the person must have it, with
        reasons and ways to complain, within the month (Art. 12(4) GDPR). A plan that we made late gives
        no less time to think; then it is the answer that comes late, and that is our fault.
        """
        return max(due_date - timedelta(days=1), self.day_of(planned_at) + timedelta(days=DECIDE_DAYS))

    def due(self, received_at: datetime) -> date:
        """The last day for a request that was received at this instant.

        A month ends on the day with the same number; where that month has none, on its last
        day (Reg. 1182/71 Art. 3(2)(c)); an end on a free day moves on (Art. 3(4)).
        """
        end = next_month(self.day_of(received_at))
        while end.weekday() >= _SATURDAY or end in self._holidays:
            end += timedelta(days=1)
        return end


def next_month(day: date) -> date:
    """The same day of the next month, or that month's last day."""
    year, month = (day.year + 1, 1) if day.month == 12 else (day.year, day.month + 1)
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))
