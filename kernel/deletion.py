"""Deletion classes (DIN 66398) as values: a start event, a standard period, and the law behind it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

# The laws that say "end of the calendar year" mean Germany's: an event late on 31 December UTC is of the next one.
ZONE = ZoneInfo("Europe/Berlin")


@dataclass(frozen=True, slots=True)
class Period:
    """How long after the start event. `to_year_end`: it runs from the end of the calendar year of the event
    (§ 147(4) AO, § 257(5) HGB, § 199(1) BGB), so it always ends with a 31 December."""

    years: int = 0
    days: int = 0
    hours: int = 0
    to_year_end: bool = False

    def last_day(self, start: datetime) -> date:
        """The last day of the period that began with `start`, in Germany's calendar."""
        begun = start.astimezone(ZONE)
        if self.to_year_end:
            return date(begun.year + self.years, 12, 31)
        ends = _years_on(begun, self.years) + timedelta(days=self.days, hours=self.hours)
        return ends.date()

    def threshold(self, now: datetime) -> datetime:
        """What began before this instant is overdue at `now`."""
        if self.to_year_end:
            return datetime(now.astimezone(ZONE).year - self.years, 1, 1, tzinfo=ZONE).astimezone(UTC)
        return _years_on(now, -self.years) - timedelta(days=self.days, hours=self.hours)

    @property
    def words(self) -> str:
        """As it stands in a deletion class: "3 years to the end of the year"."""
        parts = ((self.years, "years"), (self.days, "days"), (self.hours, "hours"))
        counted = " ".join(f"{number} {unit}" for number, unit in parts if number) or "0 days"
        return counted + (" to the end of the year" if self.to_year_end else "")


def _years_on(moment: datetime, years: int) -> datetime:
    try:
        return moment.replace(year=moment.year + years)
    except ValueError:
        # 29 February; a period that lacks its last day ends with the month (§ 188(3) BGB).
        return moment.replace(year=moment.year + years, day=28)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletionClass:
    """The one rule of a table; made by the functions below.

    `starts` says where a row keeps its start event: a column, several (the first that is set), or
    "ticket_id -> ticket" for the start event of the row that it belongs to. `once` is a condition in SQL without
    which the event has not happened; `also` names columns of tables that belong to the row and whose events put
    the start off ("timeline_entry.happened_at"). `done_by` says what deletes the rows if not the daily run.
    """

    start: str = ""
    period: Period | None = None
    law: str = ""
    starts: tuple[str, ...] = ()
    once: str = ""
    also: tuple[str, ...] = ()
    goes_with: str = ""
    never: str = ""
    done_by: str = ""
    cases: tuple[tuple[str, DeletionClass], ...] = ()
    prose: str = ""

    @property
    def words(self) -> str:
        """The class as it stands on pages, in copies of data and in the record of processing."""
        if self.cases:
            return "; ".join(f"{name}: {each.words}" for name, each in self.cases)
        if self.never:
            return f"never ({self.never})"
        if self.goes_with:
            return f"with the {self.goes_with}"
        if self.period is None:
            return self.prose
        return f"{self.start} + {self.period.words}" + (f" ({self.law})" if self.law else "")

    @property
    def rules(self) -> tuple[DeletionClass, ...]:
        """Itself, or its cases; a row is under at most one of them."""
        return tuple(each for _, each in self.cases) or (self,)

    @property
    def is_run(self) -> bool:
        """Whether rows are deleted by the run: it knows when a row's period is over."""
        return not self.done_by and all(rule.period is not None and rule.starts for rule in self.rules)

    @property
    def longest(self) -> Period | None:
        """The standard period; the longest one if cases differ."""
        periods = [rule.period for rule in self.rules if rule.period is not None]
        return max(periods, key=lambda p: (p.years, p.days, p.hours), default=None)


def after(
    start: str,
    period: Period,
    *,
    starts: str | tuple[str, ...] = (),
    once: str = "",
    also: tuple[str, ...] = (),
    law: str = "",
) -> DeletionClass:
    """So long after an event."""
    columns = (starts,) if isinstance(starts, str) else starts
    return DeletionClass(start=start, period=period, law=law, starts=columns, once=once, also=also)


def years(number: int) -> Period:
    """So many years to the day."""
    return Period(years=number)


def calendar_years(number: int) -> Period:
    """So many years from the end of the calendar year."""
    return Period(years=number, to_year_end=True)


def days(number: int) -> Period:
    """So many days."""
    return Period(days=number)


def hours(number: int) -> Period:
    """So many hours."""
    return Period(hours=number)


def with_the(table: str) -> DeletionClass:
    """The database deletes the row with the row of that table."""
    return DeletionClass(goes_with=table)


def never(reason: str) -> DeletionClass:
    """Nothing personal, or needed for as long as there is a release."""
    return DeletionClass(never=reason)


def when_done(words: str, *, done_by: str) -> DeletionClass:
    """Until something happens that no date says."""
    return DeletionClass(prose=words, done_by=done_by)


def elsewhere(done_by: str, declared: DeletionClass) -> DeletionClass:
    """A class whose rows only its own area may delete."""
    return replace(declared, done_by=done_by)


def in_cases(**cases: DeletionClass) -> DeletionClass:
    """Two kinds of row with an event and a period each; their conditions exclude one another."""
    return DeletionClass(cases=tuple((name.replace("_", " "), each) for name, each in cases.items()))


def in_words(words: str) -> DeletionClass:
    """A class that nobody has made a rule of yet; a test refuses it in a service."""
    return DeletionClass(prose=words)


# Claims end with the third year after that in which they arose (§§ 195, 199 BGB): till then a proof may be needed.
LIMITATION = calendar_years(3)
LIMITATION_LAW = "§§ 195, 199 BGB"
# Letters of business; vouchers (since the BEG IV of 2024); books, inventories and balances.
LETTERS_LAW, LETTERS = "§ 147(3) AO, § 257(4) HGB", calendar_years(6)
VOUCHERS_LAW, VOUCHERS = "§ 147(3) AO, § 257(4) HGB", calendar_years(8)
BOOKS_LAW, BOOKS = "§ 147(3) AO, § 257(4) HGB", calendar_years(10)
