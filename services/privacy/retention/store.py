"""All SQL of retention."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, func, select, update
from sqlalchemy.dialects.postgresql import insert

from kernel.db import AnySession, WriteSession
from kernel.ids import new_id
from services.privacy.retention.model import Found, Outcome, Result, Run
from services.privacy.retention.tables import RetentionResult, RetentionRun

_RESULT = (RetentionResult.run_id, RetentionResult.holder, RetentionResult.dataset_name)


async def open_run(session: WriteSession, day: date, now: datetime) -> Run:
    """The day's run, made if there is none."""
    statement = insert(RetentionRun).values(id=new_id(), day=day, started_at=now, waiting_for=[])
    await session.execute(statement.on_conflict_do_nothing())
    row = (await session.execute(select(RetentionRun).where(RetentionRun.day == day))).scalars().one()
    return _run(row, ())


async def finish(
    session: WriteSession, run_id: uuid.UUID, *, waiting_for: Sequence[str], now: datetime
) -> None:
    """Ends the run, or notes who is waited for."""
    if not waiting_for:
        # Killed between the last batch and its note: nothing more was found, so it is done.
        running = and_(RetentionResult.run_id == run_id, RetentionResult.outcome == Outcome.RUNNING)
        await session.execute(update(RetentionResult).where(running).values(outcome=Outcome.DELETED))
    values = {"waiting_for": list(waiting_for), "finished_at": None if waiting_for else now}
    await session.execute(update(RetentionRun).where(RetentionRun.id == run_id).values(values))


async def note(session: WriteSession, run_id: uuid.UUID, found: Found, outcome: Outcome) -> Result:
    """The result of a dataset as it begins; what an earlier turn of the day has noted stays, but a stop may come."""
    key = {"run_id": run_id, "holder": found.holder, "dataset_name": found.dataset}
    counted = {"overdue": found.overdue, "exempt": found.exempt, "total": found.total}
    statement = insert(RetentionResult).values(
        **key, **counted, deletion_class=found.deletion_class, outcome=outcome
    )
    fresh = statement.on_conflict_do_update(
        index_elements=_RESULT, set_={"outcome": outcome}, where=RetentionResult.approved_at.is_(None)
    )
    await session.execute(fresh)
    kept = await find(session, run_id, found.holder, found.dataset)
    assert kept is not None
    return kept


async def find(
    session: AnySession, run_id: uuid.UUID, holder: str, dataset: str, *, lock: bool = False
) -> Result | None:
    """The result of one dataset."""
    statement = select(RetentionResult).where(*_is(run_id, holder, dataset))
    if lock:
        statement = statement.with_for_update()
    row = (await session.execute(statement)).scalars().first()
    return _result(row) if row else None


async def add(session: WriteSession, result: Result, *, batch: Result) -> None:
    """Adds what one batch deleted."""
    await session.execute(
        update(RetentionResult)
        .where(*_is(result.run_id, result.holder, result.dataset))
        .values(
            rows=RetentionResult.rows + batch.rows,
            seconds=RetentionResult.seconds + batch.seconds,
            # Of nothing and something, the something: `least` and `greatest` ignore NULL.
            oldest=func.least(RetentionResult.oldest, batch.oldest),
            newest=func.greatest(RetentionResult.newest, batch.newest),
            outcome=batch.outcome,
        )
    )


async def approve(session: WriteSession, result: Result, now: datetime) -> None:
    """Notes the word for a deletion that stopped."""
    await session.execute(
        update(RetentionResult)
        .where(*_is(result.run_id, result.holder, result.dataset))
        .values(approved_at=now)
    )


async def approved(session: AnySession) -> list[Result]:
    """Deletions that stopped and have the word, but are not done."""
    statement = select(RetentionResult).where(
        RetentionResult.approved_at.is_not(None), RetentionResult.outcome != Outcome.DELETED
    )
    return [_result(row) for row in (await session.execute(statement)).scalars()]


async def listed(session: AnySession, *, before: date | None, limit: int) -> list[Run]:
    """Runs with their results, the newest first."""
    statement = select(RetentionRun).order_by(RetentionRun.day.desc()).limit(limit)
    if before is not None:
        statement = statement.where(RetentionRun.day < before)
    runs = list((await session.execute(statement)).scalars())
    results = await _results(session, [run.id for run in runs])
    return [_run(run, results[run.id]) for run in runs]


async def run_of(session: AnySession, run_id: uuid.UUID) -> Run | None:
    """One run with its results."""
    row = await session.get(RetentionRun, run_id)
    return _run(row, (await _results(session, [run_id]))[run_id]) if row is not None else None


async def _results(session: AnySession, run_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[Result]]:
    statement = select(RetentionResult).where(RetentionResult.run_id.in_(run_ids))
    found: dict[uuid.UUID, list[Result]] = {each: [] for each in run_ids}
    for row in (await session.execute(statement.order_by(*_RESULT))).scalars():
        found[row.run_id].append(_result(row))
    return found


def _is(run_id: uuid.UUID, holder: str, dataset: str) -> tuple[ColumnElement[bool], ...]:
    return tuple(column == value for column, value in zip(_RESULT, (run_id, holder, dataset), strict=True))


def _run(row: RetentionRun, results: Sequence[Result]) -> Run:
    return Run(row.id, row.day, row.started_at, row.finished_at, tuple(row.waiting_for), tuple(results))


def _result(row: RetentionResult) -> Result:
    return Result(
        run_id=row.run_id,
        holder=row.holder,
        dataset=row.dataset_name,
        deletion_class=row.deletion_class,
        outcome=Outcome(row.outcome),
        overdue=row.overdue,
        exempt=row.exempt,
        total=row.total,
        rows=row.rows,
        oldest=row.oldest,
        newest=row.newest,
        seconds=row.seconds,
        approved_at=row.approved_at,
    )
