"""Which rows of a table are overdue, as SQL conditions from the deletion class."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Date,
    ForeignKey,
    Table,
    and_,
    case,
    exists,
    false,
    func,
    literal_column,
    not_,
    or_,
    select,
    text,
)

from kernel.deletion import ZONE, DeletionClass
from kernel.holder.subject import belongs_to
from kernel.personal import dataset_of


def start_of(table: Table) -> ColumnElement[Any]:
    """When the period of a row began; NULL if its start event has not happened.

    Errors: KeyError or TypeError if the class names what is not there.
    """
    begun = [_start(table, rule) for rule in dataset_of(table).deletion_class.rules]
    return begun[0] if len(begun) == 1 else func.coalesce(*begun)


def overdue(table: Table, now: datetime) -> ColumnElement[bool]:
    """The condition under which a row's period is over; such that an index on the start event can answer."""
    rules = dataset_of(table).deletion_class.rules
    return or_(*(_begun_before(table, rule, _threshold(rule, now)) for rule in rules))


def goes(table: Table, now: datetime, exempt: Collection[uuid.UUID]) -> ColumnElement[bool]:
    """Which rows a run deletes: those whose period is over, whom nobody needs, and what hangs on them goes first."""
    if not dataset_of(table).deletion_class.is_run:
        return false()
    needed = [
        exists().where(key.parent == key.column, not_(goes(key.parent.table, now, exempt)))
        for key in keys_to(table, cascading=False)
    ]
    return and_(overdue(table, now), not_(stays(table, exempt)), *(not_(each) for each in needed))


def stays(table: Table, exempt: Collection[uuid.UUID]) -> ColumnElement[bool]:
    """Rows of exempt contacts, and those that the database would take along with another row."""
    if not exempt:
        return false()
    found = [belongs_to(table, exempt)]
    found += [
        exists().where(key.parent == key.column, belongs_to(key.parent.table, exempt))
        for key in keys_to(table, cascading=True)
    ]
    for rule in dataset_of(table).deletion_class.rules:
        column, further = _way(rule)
        if further:
            # What hangs on a row that stays is of no use without it, and the other way round.
            target = table.metadata.tables[further]
            (key,) = target.primary_key.columns
            found.append(table.c[column].in_(select(key).where(stays(target, exempt))))
    return or_(*found)


def keys_to(table: Table, *, cascading: bool) -> list[ForeignKey]:
    """The foreign keys of other tables that lead here."""
    return [
        key
        for other in table.metadata.sorted_tables
        for key in other.foreign_keys
        if key.column.table is table and other is not table and (key.ondelete == "CASCADE") is cascading
    ]


def _threshold(rule: DeletionClass, now: datetime) -> datetime:
    if rule.period is None:
        raise TypeError(f"'{rule.words}' has no period")
    return rule.period.threshold(now)


def _start(table: Table, rule: DeletionClass) -> ColumnElement[Any]:
    column, further = _way(rule)
    if further:
        target = table.metadata.tables[further]
        (key,) = target.primary_key.columns
        return select(start_of(target)).where(key == table.c[column]).scalar_subquery()
    columns = [table.c[name] for name in rule.starts]
    if not columns:
        raise TypeError(f"'{rule.words}' does not say where a row keeps its start")
    begun: ColumnElement[Any] = columns[0] if len(columns) == 1 else func.coalesce(*columns)
    later = [
        select(func.max(at)).where(key == own).scalar_subquery() for at, key, own in _belongings(table, rule)
    ]
    if later:
        begun = func.greatest(begun, *later)
    return case((_happened(table, rule), begun)) if rule.once else begun


def _begun_before(table: Table, rule: DeletionClass, moment: datetime) -> ColumnElement[bool]:
    column, further = _way(rule)
    if further:
        target = table.metadata.tables[further]
        (key,) = target.primary_key.columns
        inner = or_(
            *(_begun_before(target, each, moment) for each in dataset_of(target).deletion_class.rules)
        )
        # Not IN: for a few rows the database looks each up, for many it reads the other table once.
        return exists().where(key == table.c[column], inner)
    columns = [table.c[name] for name in rule.starts]
    if not columns:
        raise TypeError(f"'{rule.words}' does not say where a row keeps its start")
    begun = columns[0] if len(columns) == 1 else func.coalesce(*columns)
    limit: Any = moment.astimezone(ZONE).date() if isinstance(columns[0].type, Date) else moment
    conditions = [begun < limit]
    conditions += [not_(exists().where(key == own, at >= limit)) for at, key, own in _belongings(table, rule)]
    if rule.once:
        conditions.append(_happened(table, rule))
    return and_(*conditions)


def _way(rule: DeletionClass) -> tuple[str, str]:
    column, _, further = (part.strip() for part in (rule.starts[0] if rule.starts else "").partition("->"))
    return column, further


def _happened(table: Table, rule: DeletionClass) -> ColumnElement[bool]:
    # The condition's columns are the nearest table's; inside a question about another one they need no name.
    return literal_column(f"({rule.once})") if rule.once else text("true")  # type: ignore[return-value]


def _belongings(table: Table, rule: DeletionClass) -> list[tuple[Column[Any], Column[Any], Column[Any]]]:
    """Start events in rows that belong to the row: when, by which key, of which column of ours."""
    found = []
    for name in rule.also:
        other_name, _, column = name.partition(".")
        other = table.metadata.tables[other_name]
        key = next(k for k in other.foreign_keys if k.column.table is table)
        found.append((other.c[column], key.parent, key.column))
    return found
