"""Deletion classes: what a period means in days, and how a class reads."""

from datetime import UTC, date, datetime

import pytest

from kernel.deletion import (
    BOOKS,
    LETTERS,
    LIMITATION,
    LIMITATION_LAW,
    VOUCHERS,
    Period,
    after,
    days,
    elsewhere,
    hours,
    in_cases,
    in_words,
    never,
    when_done,
    with_the,
    years,
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("period", "start", "last"),
    [
        # § 147(3) and (4) AO, § 257(4) and (5) HGB: from the end of the year of the voucher, the letter, the entry.
        (LETTERS, "2020-01-01T12:00", "2026-12-31"),
        (VOUCHERS, "2026-05-04T09:00", "2034-12-31"),
        (BOOKS, "2026-12-30T09:00", "2036-12-31"),
        # §§ 195, 199(1) BGB.
        (LIMITATION, "2023-11-25T08:00", "2026-12-31"),
        # Half past eleven in Greenwich is the new year in Berlin, and a summer's midnight the next day.
        (VOUCHERS, "2026-12-31T22:59", "2034-12-31"),
        (VOUCHERS, "2026-12-31T23:30", "2035-12-31"),
        (days(30), "2026-06-30T22:30", "2026-07-31"),
        # § 7a UWG: five years from the event itself. A day that the last year lacks ends with its month.
        (years(5), "2021-11-25T08:00", "2026-11-25"),
        (years(3), "2024-02-29T12:00", "2027-02-28"),
        (days(0), "2026-03-01T12:00", "2026-03-01"),
    ],
)
def test_a_period_ends_on_the_day_that_the_law_says(period: Period, start: str, last: str) -> None:
    assert period.last_day(at(start)) == date.fromisoformat(last)


@pytest.mark.parametrize(
    ("period", "start", "kept", "overdue"),
    [
        (VOUCHERS, "2026-05-04T09:00", "2034-12-31T22:59", "2034-12-31T23:01"),
        (LIMITATION, "2023-01-01T00:00", "2026-12-31T22:59", "2026-12-31T23:01"),
        (years(5), "2021-11-25T08:00", "2026-11-25T08:00", "2026-11-25T08:01"),
        (years(3), "2024-02-29T12:00", "2027-02-28T12:00", "2027-03-01T12:00"),
        (years(1), "2027-02-28T12:00", "2028-02-28T12:00", "2028-02-29T12:01"),
        (hours(24), "2026-11-24T08:00", "2026-11-25T08:00", "2026-11-25T08:01"),
        (days(0), "2026-11-25T08:00", "2026-11-25T08:00", "2026-11-25T08:01"),
    ],
)
def test_nothing_is_overdue_before_its_period_is_over(
    period: Period, start: str, kept: str, overdue: str
) -> None:
    assert at(start) >= period.threshold(at(kept))
    assert at(start) < period.threshold(at(overdue))


def test_a_class_reads_as_start_event_and_standard_period() -> None:
    closing = after("closing of the ticket", LIMITATION, starts="updated_at", law=LIMITATION_LAW)
    assert closing.words == "closing of the ticket + 3 years to the end of the year (§§ 195, 199 BGB)"
    assert after("first answer", hours(24), starts="created_at").words == "first answer + 24 hours"
    assert after("completion", days(0), starts="completed_at").words == "completion + 0 days"
    assert with_the("contact").words == "with the contact"
    assert never("hashes only").words == "never (hashes only)"
    assert when_done("entry + until lifted", done_by="x").words == "entry + until lifted"
    request = after("request", days(14), starts="requested_at", once="confirmed_at IS NULL")
    cases = in_cases(not_confirmed=request, confirmed=after("confirmation", days(30), starts="confirmed_at"))
    assert cases.words == "not confirmed: request + 14 days; confirmed: confirmation + 30 days"


def test_only_what_knows_its_start_event_is_run() -> None:
    entry = after("entry", LIMITATION, starts="at")
    assert entry.is_run
    assert in_cases(one=entry, other=after("end", days(1), starts="ended_at")).is_run
    for declared in (
        after("entry", LIMITATION),
        elsewhere("consent", entry),
        with_the("contact"),
        never("x"),
        when_done("x", done_by="y"),
        in_words("x"),
    ):
        assert not declared.is_run
