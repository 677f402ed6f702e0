"""The legal clock: one calendar month, moved off weekends and public holidays (Art. 12(3) GDPR, Reg. 1182/71)."""

from __future__ import annotations

import calendar
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import holidays

_SATURDAY = 5


class Deadline:
    """Computes the last day to answer, by the public holidays of the controller's state."""

    def __init__(self, *, state: str, timezone: str) -> None:
        self._holidays = holidays.country_holidays("DE", subdiv=state)
        self._zone = ZoneInfo(timezone)

    def due(self, received_at: datetime) -> date:
        """The last day for a request that was received at this instant.

        A month ends on the day with the same number; where that month has none, on its last
        day (Reg. 1182/71 Art. 3(2)(c)); an end on a free day moves on (Art. 3(4)).
        """
        end = next_month(received_at.astimezone(self._zone).date())
        while end.weekday() >= _SATURDAY or end in self._holidays:
            end += timedelta(days=1)
        return end


def next_month(day: date) -> date:
    """The same day of the next month, or that month's last day."""
    year, month = (day.year + 1, 1) if day.month == 12 else (day.year, day.month + 1)
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))
