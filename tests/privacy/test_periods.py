"""When a consent is over, day by day: months of every length, leap years, the controller's midnight."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from services.privacy.consent.life.model import NEVER, Periods

BERLIN = ZoneInfo("Europe/Berlin")


def periods(months: int, **others: int) -> Periods:
    return Periods(BERLIN, valid={"newsletter": months}, **others)


def noon(day: date) -> datetime:
    return datetime.combine(day, time(12), BERLIN)


@pytest.mark.parametrize(
    ("given", "months", "last"),
    [
        ("2026-03-05", 1, "2026-04-05"),
        ("2026-01-31", 1, "2026-02-28"),
        ("2028-01-31", 1, "2028-02-29"),
        ("2026-01-28", 1, "2026-02-28"),
        ("2026-08-31", 1, "2026-09-30"),
        ("2026-02-28", 1, "2026-03-28"),
        ("2028-02-29", 12, "2029-02-28"),
        ("2028-02-29", 48, "2032-02-29"),
        ("2026-12-31", 2, "2027-02-28"),
        ("2026-12-31", 14, "2028-02-29"),
        ("2026-10-25", 24, "2028-10-25"),
    ],
)
def test_a_period_ends_with_the_day_of_the_same_number_or_the_month_s_last(
    given: str, months: int, last: str
) -> None:
    found = periods(months).last_day("newsletter", noon(date.fromisoformat(given)), by_parent=False)
    assert found == date.fromisoformat(last)


@pytest.mark.parametrize("months", [1, 3, 11, 12, 24])
def test_the_limit_of_a_day_says_the_same_as_the_last_day_of_each_consent(months: int) -> None:
    # Four years with a 29 February in it: each day with each consent given within a week of where the limit lies.
    rules, today = periods(months), date(2027, 1, 1)
    while today < date(2031, 1, 1):
        limit = rules.limits("newsletter", noon(today)).given
        middle = limit.astimezone(BERLIN).date()
        for away in range(-4, 5):
            given = noon(middle + timedelta(days=away))
            last = rules.last_day("newsletter", given, by_parent=False)
            assert last is not None
            assert (given < limit) == (last < today), (today, given)
        today += timedelta(days=1)


def test_the_day_is_the_controller_s() -> None:
    # 23:30 UTC on the last day is half past one of the next day in Berlin.
    given = datetime(2026, 6, 1, 10, tzinfo=UTC)
    rules = periods(1)
    assert given >= rules.limits("newsletter", datetime(2026, 7, 1, 21, 59, tzinfo=UTC)).given
    assert given < rules.limits("newsletter", datetime(2026, 7, 1, 22, 0, tzinfo=UTC)).given
    winter = datetime(2026, 12, 1, 10, tzinfo=UTC)
    assert winter >= rules.limits("newsletter", datetime(2027, 1, 1, 22, 59, tzinfo=UTC)).given
    assert winter < rules.limits("newsletter", datetime(2027, 1, 1, 23, 0, tzinfo=UTC)).given


def test_without_a_period_nothing_ends() -> None:
    limits = periods(0).limits("newsletter", datetime(2126, 1, 1, tzinfo=UTC))
    assert (limits.given, limits.by_parent, limits.used) == (NEVER, NEVER, NEVER)
    assert periods(12).limits("events", datetime(2126, 1, 1, tzinfo=UTC)).given == NEVER
    assert periods(0).last_day("newsletter", noon(date(2026, 1, 1)), by_parent=True) is None


def test_of_a_parent_s_consent_the_shorter_period_counts() -> None:
    given = noon(date(2026, 1, 15))
    shorter, longer = periods(24, by_parent=12), periods(6, by_parent=12)
    assert shorter.last_day("newsletter", given, by_parent=True) == date(2027, 1, 15)
    assert shorter.last_day("newsletter", given, by_parent=False) == date(2028, 1, 15)
    assert longer.last_day("newsletter", given, by_parent=True) == date(2026, 7, 15)
    for rules in (shorter, longer):
        limits = rules.limits("newsletter", noon(date(2027, 1, 16)))
        assert given < limits.by_parent
        assert limits.by_parent >= limits.given


def test_after_a_no_the_question_is_free_again_on_a_day() -> None:
    assert Periods(BERLIN, pause=12).free_from(noon(date(2028, 2, 29))) == date(2029, 2, 28)
    assert Periods(BERLIN).free_from(noon(date(2028, 2, 29))) == date(2028, 2, 29)
