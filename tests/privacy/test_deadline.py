"""The legal clock, case by case (Reg. 1182/71)."""

from datetime import UTC, date, datetime

import pytest

from services.privacy.requests.deadline import Deadline, next_month


@pytest.mark.parametrize(
    ("received", "state", "due"),
    [
        ("2026-03-05T10:00", "BE", "2026-04-07"),  # Sunday 5 April is Easter, Monday 6 April a holiday
        ("2026-08-31T10:00", "BE", "2026-09-30"),  # September has no 31st
        ("2027-01-31T10:00", "BE", "2027-03-01"),  # 28 February is a Sunday
        ("2028-01-31T10:00", "BE", "2028-02-29"),  # a leap year's last day of February
        ("2026-01-29T10:00", "BE", "2026-03-02"),  # 28 February is a Saturday
        ("2026-11-25T10:00", "BE", "2026-12-28"),  # Christmas on Friday and Saturday, then Sunday
        ("2026-12-01T10:00", "BE", "2027-01-04"),  # New Year, then a weekend, across the year's end
        ("2026-12-31T10:00", "BE", "2027-02-01"),  # 31 January is a Sunday
        ("2026-02-09T10:00", "BE", "2026-03-09"),  # a plain Monday in Bavaria is ...
        ("2027-02-08T10:00", "BE", "2027-03-09"),  # ... but 8 March is Women's Day in Berlin
        ("2027-02-08T10:00", "BY", "2027-03-08"),  # and a working day in Bavaria
        ("2026-03-04T23:30", "BE", "2026-04-07"),  # already the 5th in Berlin, and Easter
        ("2026-07-14T22:30", "BE", "2026-08-17"),  # already the 15th in Berlin; 15 August is a Saturday
    ],
)
def test_a_month_ends_on_a_working_day(received: str, state: str, due: str) -> None:
    deadline = Deadline(state=state, timezone="Europe/Berlin")
    assert deadline.due(datetime.fromisoformat(received).replace(tzinfo=UTC)) == date.fromisoformat(due)


@pytest.mark.parametrize(
    ("day", "following"),
    [
        ("2026-03-05", "2026-04-05"),
        ("2026-01-31", "2026-02-28"),
        ("2028-01-31", "2028-02-29"),
        ("2026-12-31", "2027-01-31"),
    ],
)
def test_next_month_is_the_same_day_or_the_last(day: str, following: str) -> None:
    assert next_month(date.fromisoformat(day)) == date.fromisoformat(following)
