"""All SQL of the decisions: written in bulk, read one at a time."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, func, select, tuple_

from kernel.db import AnySession, WriteSession
from services.privacy.permits.model import Decision, Logged, Tally, Wanted
from services.privacy.permits.tables import PermitDecision

_COLUMNS = (
    "id", "contact_id", "topic", "channel", "permitted", "reason", "consent_id", "batch_id", "decided_at",
    "sale_id",
)  # fmt: skip


async def add(
    session: WriteSession, decisions: Sequence[Decision], *, topic: str, channel: int, batch_id: uuid.UUID
) -> None:
    """Keeps the decisions of a batch; COPY, because a campaign asks for thousands at a time."""
    raw = await (await session.connection()).get_raw_connection()
    driver = raw.driver_connection
    assert driver is not None
    await driver.copy_records_to_table(
        PermitDecision.__tablename__,
        columns=_COLUMNS,
        records=[
            (
                d.id,
                d.contact_id,
                topic,
                channel,
                d.permitted,
                d.reason,
                d.consent_id,
                batch_id,
                d.decided_at,
                d.sale_id,
            )
            for d in decisions
        ],
    )


async def find(session: AnySession, decision_id: uuid.UUID) -> Logged | None:
    """A decision by id."""
    statement = select(PermitDecision).where(PermitDecision.id == decision_id)
    row = (await session.execute(statement)).scalars().first()
    return None if row is None else _logged(row)


async def listed(
    session: AnySession, wanted: Wanted, *, after: tuple[datetime, uuid.UUID] | None, limit: int
) -> list[Logged]:
    """The newest first, from behind a position; the index on the moment (or the contact) bounds what is read."""
    table, conditions = PermitDecision, _conditions(wanted)
    if after is not None:
        conditions.append(tuple_(table.decided_at, table.id) < after)
    statement = select(table).where(*conditions).order_by(table.decided_at.desc(), table.id.desc())
    return [_logged(row) for row in (await session.execute(statement.limit(limit))).scalars()]


async def counted(session: AnySession, wanted: Wanted) -> list[Tally]:
    """How many there are by reason and channel, the most first."""
    table = PermitDecision
    by = (table.reason, table.channel, table.permitted)
    statement = select(*by, func.count()).where(*_conditions(wanted)).group_by(*by)
    return [Tally(*row) for row in await session.execute(statement.order_by(func.count().desc(), *by))]


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    table = PermitDecision
    equal = (
        (table.contact_id, wanted.contact_id),
        (table.topic, wanted.topic or None),
        (table.reason, wanted.reason or None),
        (table.permitted, wanted.permitted),
        (table.channel, wanted.channel or None),
        (table.batch_id, wanted.batch_id),
    )
    conditions: list[ColumnElement[bool]] = [column == value for column, value in equal if value is not None]
    if wanted.since is not None:
        conditions.append(table.decided_at >= wanted.since)
    if wanted.until is not None:
        conditions.append(table.decided_at < wanted.until)
    return conditions


def _logged(row: PermitDecision) -> Logged:
    return Logged(_decision(row), row.topic, row.channel, row.batch_id)


def _decision(row: PermitDecision) -> Decision:
    return Decision(
        id=row.id,
        contact_id=row.contact_id,
        permitted=row.permitted,
        reason=row.reason,
        consent_id=row.consent_id,
        decided_at=row.decided_at,
        sale_id=row.sale_id,
    )
