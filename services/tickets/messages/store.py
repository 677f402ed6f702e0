"""All SQL about messages."""

from __future__ import annotations

import uuid

from sqlalchemy import select

from kernel.db import ReadSession, WriteSession
from services.tickets.messages.model import Author, AuthorKind, Message
from services.tickets.messages.tables import MessageRow
from services.tickets.tickets.model import Ticket


async def insert(session: WriteSession, row: MessageRow, *, contact_id: uuid.UUID | None) -> Message:
    """Writes a message behind the others of its ticket."""
    session.add(row)
    await session.flush()
    await session.refresh(row, ["position"])
    return _value(row, contact_id)


async def page(
    session: ReadSession, ticket: Ticket, *, public_only: bool, after: int, size: int
) -> list[Message]:
    """Up to `size` messages of a ticket behind the position `after`, oldest first."""
    statement = select(MessageRow).where(MessageRow.ticket_id == ticket.id, MessageRow.position > after)
    if public_only:
        statement = statement.where(MessageRow.internal.is_(False))
    rows = await session.scalars(statement.order_by(MessageRow.position).limit(size))
    return [_value(row, ticket.contact_id) for row in rows]


def _value(row: MessageRow, contact_id: uuid.UUID | None) -> Message:
    return Message(
        id=row.id,
        position=row.position,
        ticket_id=row.ticket_id,
        author=Author(AuthorKind(row.author_kind), row.author_name),
        body=row.body,
        internal=row.internal,
        created_at=row.created_at,
        contact_id=contact_id,
    )
