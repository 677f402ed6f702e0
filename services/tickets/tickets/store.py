"""All SQL about tickets."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, literal, select, tuple_, update

from kernel.db import AnySession, ReadSession, WriteSession
from kernel.rpc.rows import Rows
from services.tickets.tickets.model import Channel, Filter, Priority, State, Ticket
from services.tickets.tickets.tables import TicketRow

COUNTED_UP_TO = 1_000


async def insert(session: WriteSession, row: TicketRow) -> Ticket:
    """Writes a new ticket; the database gives it its number."""
    session.add(row)
    await session.flush()
    await session.refresh(row, ["number"])
    return _value(row)


async def find(session: AnySession, ticket_id: uuid.UUID, rows: Rows) -> Ticket | None:
    """The ticket, if it exists within these rows."""
    row = await session.scalar(select(TicketRow).where(TicketRow.id == ticket_id, _within(rows)))
    return _value(row) if row is not None else None


async def lock(session: WriteSession, ticket_id: uuid.UUID, rows: Rows) -> Ticket | None:
    """The same, held against other writers until the transaction ends."""
    statement = select(TicketRow).where(TicketRow.id == ticket_id, _within(rows))
    row = await session.scalar(statement.with_for_update())
    return _value(row) if row is not None else None


async def lock_all_of(session: WriteSession, contact_id: uuid.UUID) -> None:
    """Holds every ticket of a contact against other writers until the transaction ends."""
    statement = select(TicketRow.id).where(TicketRow.contact_id == contact_id).order_by(TicketRow.id)
    await session.execute(statement.with_for_update())


async def change(session: WriteSession, ticket: Ticket, **values: Any) -> Ticket:
    """Writes these values and counts the version on."""
    statement = (
        update(TicketRow)
        .where(TicketRow.id == ticket.id)
        .values(version=TicketRow.version + 1, **values)
        .returning(TicketRow)
        .execution_options(populate_existing=True)
    )
    return _value((await session.scalars(statement)).one())


async def close_abandoned(session: WriteSession, *, now: datetime) -> list[Ticket]:
    """Closes what is open and belongs to nobody any more; answers what it closed."""
    statement = (
        update(TicketRow)
        .where(TicketRow.contact_id.is_(None), TicketRow.state != State.CLOSED)
        .values(state=State.CLOSED, version=TicketRow.version + 1, updated_at=now)
        .returning(TicketRow)
        .execution_options(populate_existing=True)
    )
    return [_value(row) for row in await session.scalars(statement)]


async def page(
    session: ReadSession, wanted: Filter, rows: Rows, *, after: list[int] | None, size: int
) -> list[Ticket]:
    """Up to `size` tickets of these rows in the order of the filter, from behind the position `after` on."""
    conditions = [*_conditions(wanted), _within(rows)]
    if wanted.urgent_first:
        # Turned round, so that one comparison of rows says "less urgent, then younger".
        keys: tuple[Any, ...] = (-TicketRow.priority, TicketRow.number)
        if after is not None:
            conditions.append(tuple_(*keys) > tuple_(literal(-after[0]), literal(after[1])))
    else:
        keys = (TicketRow.number.desc(),)
        if after is not None:
            conditions.append(TicketRow.number < after[0])
    statement = select(TicketRow).where(*conditions).order_by(*keys).limit(size)
    return [_value(row) for row in await session.scalars(statement)]


async def count(session: ReadSession, wanted: Filter, rows: Rows) -> int:
    """How many there are; one more than the cap stands for "more"."""
    conditions = (*_conditions(wanted), _within(rows))
    capped = select(TicketRow.id).where(*conditions).limit(COUNTED_UP_TO + 1).subquery()
    return int(await session.scalar(select(func.count()).select_from(capped)) or 0)


def _within(rows: Rows) -> ColumnElement[bool]:
    return rows.condition(contact=TicketRow.contact_id)


def _conditions(wanted: Filter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.contact_id is not None:
        conditions.append(TicketRow.contact_id == wanted.contact_id)
    if wanted.contact_ids:
        conditions.append(TicketRow.contact_id.in_(wanted.contact_ids))
    if wanted.states:
        conditions.append(TicketRow.state.in_([int(state) for state in wanted.states]))
    if wanted.owner_id == "none":
        conditions.append(TicketRow.owner_id.is_(None))
    elif wanted.owner_id:
        conditions.append(TicketRow.owner_id == wanted.owner_id)
    if wanted.priorities:
        conditions.append(TicketRow.priority.in_([int(priority) for priority in wanted.priorities]))
    return conditions


def _value(row: TicketRow) -> Ticket:
    return Ticket(
        id=row.id,
        number=row.number,
        version=row.version,
        contact_id=row.contact_id,
        subject=row.subject,
        state=State(row.state),
        priority=Priority(row.priority),
        owner_id=row.owner_id or "",
        owner_name=row.owner_name or "",
        channel=Channel(row.channel),
        message_count=row.message_count,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
