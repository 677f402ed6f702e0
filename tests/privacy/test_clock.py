"""The legal clock against a calendar: every date was found by hand, not by the code (Reg. 1182/71, Art. 12(3) GDPR)."""

from datetime import UTC, date, datetime

import pytest

from services.privacy.requests.deadline import EXTENDED_MONTHS, Deadline, months_after

_SHORT_MONTHS = """
2025-01-28 BE 2025-02-28
2025-01-29 BE 2025-02-28
2025-01-30 BE 2025-02-28
2025-01-31 BE 2025-02-28
2026-01-31 NW 2026-03-02
2024-01-29 BE 2024-02-29
2024-01-30 BE 2024-02-29
2024-01-31 BE 2024-02-29
2024-02-29 BE 2024-04-02
2028-02-29 BE 2028-03-29
2026-03-31 BE 2026-04-30
2026-05-31 BE 2026-06-30
2025-08-31 BE 2025-09-30
2026-10-31 BE 2026-11-30
2025-07-31 BE 2025-09-01
2026-12-31 BE 2027-02-01
2027-12-31 BE 2028-01-31
"""
_YEAR_ENDS = """
2025-11-24 BE 2025-12-24
2025-11-25 BE 2025-12-29
2024-11-25 BE 2024-12-27
2027-11-25 BE 2027-12-27
2025-11-30 BE 2025-12-30
2025-12-01 BE 2026-01-02
2027-12-01 BE 2028-01-03
2025-12-31 BE 2026-02-02
2026-12-24 BE 2027-01-25
"""
_MOVABLE_FEASTS = """
2026-03-03 BE 2026-04-07
2025-03-18 BE 2025-04-22
2025-03-20 BE 2025-04-22
2027-02-26 BE 2027-03-30
2025-04-29 BE 2025-05-30
2026-04-14 BE 2026-05-15
2027-04-06 BE 2027-05-07
2025-05-09 BE 2025-06-10
2026-04-25 BE 2026-05-26
2026-04-23 BE 2026-05-26
2027-04-17 BE 2027-05-18
2025-04-01 BE 2025-05-02
2026-04-01 BE 2026-05-04
2025-09-03 BE 2025-10-06
2024-09-03 BE 2024-10-04
"""
# Epiphany, Women's Day, the one-off 8 May of Berlin, Corpus Christi, the Peace Festival of Augsburg, Assumption,
# Children's Day, Reformation Day behind a Sunday, All Saints, and the day of repentance.
_STATES = """
2025-12-06 BW 2026-01-07
2025-12-06 BY 2026-01-07
2025-12-06 ST 2026-01-07
2025-12-06 HE 2026-01-06
2027-02-08 BE 2027-03-09
2027-02-08 MV 2027-03-09
2027-02-08 BB 2027-03-08
2022-02-08 BE 2022-03-09
2022-02-08 MV 2022-03-08
2025-04-08 BE 2025-05-09
2025-04-08 BB 2025-05-08
2026-05-04 BW 2026-06-05
2026-05-04 BY 2026-06-05
2026-05-04 HE 2026-06-05
2026-05-04 NW 2026-06-05
2026-05-04 RP 2026-06-05
2026-05-04 SL 2026-06-05
2026-05-04 BE 2026-06-04
2026-05-04 SN 2026-06-04
2026-05-04 SN-catholic 2026-06-05
2026-05-04 TH 2026-06-04
2026-05-04 TH-catholic 2026-06-05
2025-07-08 Augsburg 2025-08-11
2025-07-08 BY 2025-08-08
2025-07-15 Augsburg 2025-08-18
2025-07-15 SL 2025-08-18
2025-07-15 BY-catholic 2025-08-18
2025-07-15 BY 2025-08-15
2025-07-15 BW 2025-08-15
2027-08-20 TH 2027-09-21
2027-08-20 SN 2027-09-20
2022-09-30 BB 2022-11-01
2022-09-30 HB 2022-11-01
2022-09-30 HH 2022-11-01
2022-09-30 MV 2022-11-01
2022-09-30 NI 2022-11-01
2022-09-30 SH 2022-11-01
2022-09-30 SN 2022-11-01
2022-09-30 ST 2022-11-01
2022-09-30 TH 2022-11-01
2022-09-30 BE 2022-10-31
2022-09-30 NW 2022-10-31
2024-10-01 BW 2024-11-04
2024-10-01 BY 2024-11-04
2024-10-01 NW 2024-11-04
2024-10-01 RP 2024-11-04
2024-10-01 SL 2024-11-04
2024-10-01 HE 2024-11-01
2025-10-19 SN 2025-11-20
2025-10-19 ST 2025-11-19
2026-10-18 SN 2026-11-19
"""
# Close to midnight the day of Berlin is another one than that of London; twice a year its distance changes.
_INSTANTS = """
2026-03-28T22:59 BE 2026-04-28
2026-03-28T23:30 BE 2026-04-29
2026-03-29T21:59 BE 2026-04-29
2026-03-29T22:30 BE 2026-04-30
2026-10-24T22:00 BE 2026-11-25
2026-10-25T22:59 BE 2026-11-25
2026-10-25T23:00 BE 2026-11-26
2025-12-31T23:30 BE 2026-02-02
2026-01-31T23:30 BE 2026-03-02
2024-02-28T23:30 BE 2024-04-02
"""
_EXTENDED = """
2026-01-31 BE 2026-04-30
2025-02-28 BE 2025-05-28
2025-11-30 BE 2026-03-02
2023-11-30 BE 2024-02-29
2025-09-25 BE 2025-12-29
2025-10-01 BE 2026-01-02
2025-10-31 BE 2026-02-02
2026-01-03 BE 2026-04-07
2026-02-25 BE 2026-05-26
2025-07-31 BE 2025-10-31
2025-07-31 BB 2025-11-03
2025-08-19 SN 2025-11-20
2025-05-15 SL 2025-08-18
"""


# The sixteen states.
_ALL = set("BB BE BW BY HB HE HH MV NI NW RP SH SL SN ST TH".split())  # noqa: SIM905 - shorter to check


def cases(table: str) -> list[list[str]]:
    return [line.split() for line in table.strip().splitlines()]


def clock(state: str) -> Deadline:
    return Deadline(state=state, timezone="Europe/Berlin")


def noon(day: str) -> datetime:
    return datetime.fromisoformat(day if "T" in day else f"{day}T11:00").replace(tzinfo=UTC)


ONE_MONTH = [*map(cases, (_SHORT_MONTHS, _YEAR_ENDS, _MOVABLE_FEASTS, _STATES, _INSTANTS))]


@pytest.mark.parametrize(("received", "state", "due"), [case for table in ONE_MONTH for case in table])
def test_one_month_ends_on_a_working_day(received: str, state: str, due: str) -> None:
    assert clock(state).due(noon(received)) == date.fromisoformat(due)


@pytest.mark.parametrize(("received", "state", "due"), cases(_EXTENDED))
def test_an_extension_is_three_months_from_the_receipt(received: str, state: str, due: str) -> None:
    assert clock(state).due(noon(received), months=EXTENDED_MONTHS) == date.fromisoformat(due)


@pytest.mark.parametrize(
    ("received", "months", "days", "due"),
    [
        ("2026-03-05", 1, 0, "2026-04-07"),
        ("2026-03-05", 1, 1, "2026-04-07"),  # Easter Monday: the doubt has changed nothing
        ("2026-03-05", 1, 3, "2026-04-08"),  # and not three days behind the 7th, which Easter gave
        ("2025-11-24", 1, 1, "2025-12-29"),
        ("2025-11-24", 1, 10, "2026-01-05"),
        ("2025-11-24", 1, -5, "2025-12-24"),  # a clock that was set back takes no day away
        ("2025-09-25", 3, 2, "2025-12-29"),
        ("2024-01-31", 1, 1, "2024-03-01"),
    ],
)
def test_doubt_shifts_the_month_and_not_its_moved_end(
    received: str, months: int, days: int, due: str
) -> None:
    found = clock("BE").due(noon(received), months=months, doubt_days=days)
    assert found == date.fromisoformat(due)


@pytest.mark.parametrize(
    ("since", "until", "days"),
    [
        ("2026-03-05T08:00", "2026-03-05T20:00", 0),
        ("2026-03-05T22:59", "2026-03-05T23:01", 1),  # midnight of Berlin lies between
        ("2026-03-28T11:00", "2026-03-30T10:00", 2),  # the night that is an hour shorter
        ("2026-10-24T11:00", "2026-10-26T11:30", 2),
        ("2024-02-28T11:00", "2024-03-01T11:00", 2),
        ("2026-03-05T11:00", "2026-03-01T11:00", 0),  # the clock was set back
    ],
)
def test_doubt_is_counted_in_the_controllers_days(since: str, until: str, days: int) -> None:
    assert clock("BE").doubt_days(noon(since), noon(until)) == days


def test_there_are_enough_dates_and_each_is_another_one() -> None:
    every = [(case[0], case[1]) for table in [*ONE_MONTH] for case in table]
    assert len(every) == len(set(every)) >= 100
    assert {state for _, state in every} >= _ALL


@pytest.mark.parametrize("day", ["2026-03-29", "2026-10-25", "2026-03-05", "2024-02-29"])
def test_a_day_of_receipt_is_the_controllers_day_also_when_its_clocks_change(day: str) -> None:
    receipt = clock("BE").start_of(date.fromisoformat(day))
    assert clock("BE").day_of(receipt.astimezone(UTC)) == date.fromisoformat(day)


def test_months_are_counted_at_once() -> None:
    assert months_after(date(2025, 11, 30), 3) == date(2026, 2, 28)
    assert months_after(date(2026, 1, 31), 3) == date(2026, 4, 30)
    assert months_after(date(2026, 12, 1), 1) == date(2027, 1, 1)
    assert months_after(date(2026, 11, 1), 1) == date(2026, 12, 1)
