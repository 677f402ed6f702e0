"""What erasure does to the rows of one table, derived from its columns."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import (
    ARRAY,
    Column,
    ColumnElement,
    Date,
    Integer,
    Table,
    Uuid,
    and_,
    cast,
    delete,
    exists,
    false,
    func,
    literal,
    not_,
    null,
    update,
)
from sqlalchemy.sql.dml import Delete, Update

from kernel.clock import to_timestamp
from kernel.deletion import ZONE
from kernel.holder.overdue import keys_to, overdue, start_of
from kernel.holder.subject import Subject, rows_of
from kernel.personal import Erase, Personal, dataset_of, personal_columns

PSEUDONYM = "[erased]"


@dataclass(frozen=True, slots=True)
class Treatment:
    """One table's treatment: the action that names it, the law if it is kept, and for how long."""

    table: Table
    action: Erase
    law: str
    keep_years: int
    changes: tuple[tuple[Column[Any], Personal], ...]

    def last_day(self, now: datetime) -> ColumnElement[date]:
        """Until when the law keeps a row: from its own start event, or from now if that has not happened yet."""
        declared = dataset_of(self.table).deletion_class
        known = start_of(self.table) if any(rule.starts for rule in declared.rules) else null()
        begun = func.timezone(ZONE.key, func.coalesce(known, literal(now)))
        longest = declared.longest
        if longest is not None and longest.years and not longest.to_year_end:
            return cast(begun + func.make_interval(self.keep_years), Date)
        year = cast(func.extract("year", begun), Integer) + self.keep_years
        return func.make_date(year, 12, 31)

    def over(self, now: datetime) -> ColumnElement[bool]:
        """Which rows the law keeps no longer: they go now, unless something hangs on them that stays."""
        if self.action is not Erase.KEEP_RESTRICTED or not dataset_of(self.table).deletion_class.is_run:
            return false()
        free = (
            not_(exists().where(key.parent == key.column)) for key in keys_to(self.table, cascading=False)
        )
        return and_(overdue(self.table, now), *free)

    def statement(self, subject: Subject) -> Delete | Update | None:
        """The one statement that does it; None where everything is kept as it is."""
        where = rows_of(self.table, subject)
        if self.action is Erase.DELETE_ROW:
            return delete(self.table).where(where)
        if not self.changes:
            return None
        values = {column.name: _replacement(column, how) for column, how in self.changes}
        return update(self.table).where(where).values(values)


def treatment_of(table: Table) -> Treatment:
    """A row goes as a whole if all its personal columns go; if a law keeps one, the row stays restricted."""
    declared = tuple(personal_columns(table))
    kept = [how for _, how in declared if how.on_erasure is Erase.KEEP_RESTRICTED]
    if all(how.on_erasure is Erase.DELETE_ROW for _, how in declared):
        # Also for tables that hold nothing personal but belong to the subject: a link to nobody is no use.
        return Treatment(table, Erase.DELETE_ROW, "", 0, ())
    changes = tuple((c, how) for c, how in declared if how.on_erasure is not Erase.KEEP_RESTRICTED)
    if kept:
        longest = max(kept, key=lambda how: how.keep_years)
        return Treatment(table, Erase.KEEP_RESTRICTED, longest.law, longest.keep_years, changes)
    nulled = any(how.on_erasure is Erase.NULL for _, how in changes)
    return Treatment(table, Erase.NULL if nulled else Erase.PSEUDONYMISE, "", 0, changes)


def _replacement(column: Column[Any], how: Personal) -> Any:
    if column.nullable and how.on_erasure is not Erase.PSEUDONYMISE:
        return null()
    if isinstance(column.type, Uuid):
        return func.gen_random_uuid()
    if isinstance(column.type, ARRAY):
        return []
    return PSEUDONYM


def until_stamp(last: date | None) -> Any:
    """The last day on the wire."""
    return None if last is None else to_timestamp(datetime(last.year, last.month, last.day, tzinfo=UTC))
