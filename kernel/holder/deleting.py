"""ListOverdue and DeleteOverdue: what is kept beyond its deletion class, and its end in batches."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Table, and_, delete, exists, func, not_, select, tuple_

from kernel.clock import Clock, from_timestamp
from kernel.db import AnySession, WriteSession
from kernel.deletion import ZONE
from kernel.errors import FailedPrecondition, NotFound
from kernel.holder.overdue import goes, keys_to, overdue, start_of, stays
from kernel.holder.subject import Holder, has_subjects
from kernel.personal import dataset_of

# Two services whose clocks are further apart do not agree on which year it is.
_MOST_APART = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Overdue:
    """One dataset: rows that go, rows that stay for somebody, all rows, and how old those that go are."""

    rows: int
    exempt: int
    total: int
    oldest: datetime | None
    newest: datetime | None


@dataclass(frozen=True, slots=True)
class Batch:
    """What one transaction deleted, and whether there may be more."""

    rows: int
    oldest: datetime | None
    newest: datetime | None
    more: bool


def agreed_time(clock: Clock, asked: Any) -> datetime:
    """The earlier of the caller's time and our own. Errors: FailedPrecondition if they are far apart."""
    own = clock.now()
    theirs = from_timestamp(asked) or own
    if abs(own - theirs) > _MOST_APART:
        raise FailedPrecondition(
            "The clocks of two services differ by more than a day.", reason="CLOCKS_DIFFER"
        )
    return min(own, theirs)


def run_table(holder: Holder, name: str) -> Table:
    """The table of this name that the run deletes from. Errors: NotFound."""
    table = holder.metadata.tables.get(name)
    if table is None or not dataset_of(table).deletion_class.is_run:
        raise NotFound("The run deletes from no such dataset.", reason="DATASET_NOT_FOUND")
    return table


async def count_overdue(
    session: AnySession, table: Table, now: datetime, exempt: Collection[uuid.UUID]
) -> Overdue:
    """One pass over the table."""
    gone, begun = goes(table, now, exempt), start_of(table)
    counted = select(
        func.count().filter(gone),
        func.count().filter(and_(overdue(table, now), stays(table, exempt))),
        func.count(),
        func.min(begun).filter(gone),
        func.max(begun).filter(gone),
    ).select_from(table)
    rows, kept, total, oldest, newest = (await session.execute(counted)).one()
    return Overdue(rows, kept, total, _moment(oldest), _moment(newest))


async def delete_batch(
    session: WriteSession,
    table: Table,
    now: datetime,
    *,
    exempt: Collection[uuid.UUID] = (),
    limit: int,
) -> tuple[Batch, list[Any]]:
    """Deletes up to `limit` rows whose period is over; answers with their keys where they have one column.

    Rows that somebody else holds are left for the next turn: whoever writes one now has made it newer.
    """
    keys = table.primary_key.columns
    free = [not_(exists().where(key.parent == key.column)) for key in keys_to(table, cascading=False)]
    chosen = (
        select(*keys)
        .where(overdue(table, now), not_(stays(table, exempt)), *free)
        .limit(limit)
        .with_for_update(skip_locked=True, of=table)
    )
    gone = delete(table).where(tuple_(*keys).in_(chosen)).returning(start_of(table).label("begun"), *keys)
    rows = (await session.execute(gone)).all()
    begun = [moment for row in rows if (moment := _moment(row.begun)) is not None]
    batch = Batch(len(rows), min(begun, default=None), max(begun, default=None), len(rows) == limit)
    return batch, [row[1] for row in rows] if len(keys) == 1 else []


def is_technical(table: Table) -> bool:
    """Whether rows may go without asking anybody: gone within a day or two, or of nobody and for days only."""
    declared = dataset_of(table).deletion_class
    longest = declared.longest
    if not declared.is_run or longest is None or longest.years:
        return False
    of_nobody = not has_subjects(table) and not any("->" in s for rule in declared.rules for s in rule.starts)
    return of_nobody or longest.days <= 1


def _moment(value: datetime | date | None) -> datetime | None:
    if value is None or isinstance(value, datetime):
        return value
    return datetime.combine(value, time.min, ZONE).astimezone(UTC)
