"""All SQL of notices: what nobody has been told yet, and that it was told."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import and_, not_, select, update
from sqlalchemy.dialects.postgresql import insert

from kernel.db import AnySession, WriteSession
from services.privacy.requests.model import ERASING, Kind, Notice, Request, Told
from services.privacy.requests.tables import RequestNotice, SubjectRequest

# From the word to erase on nobody writes about the contact any more: what a late mail leaves would be found by the
# probe, and after the erasure there is nobody left to write to.
_ERASING = and_(SubjectRequest.kind == Kind.ERASURE, SubjectRequest.state.in_(ERASING))


async def untold(session: AnySession, *, limit: int) -> list[Notice]:
    """Of what people are still to be told, oldest first."""
    statement = (
        select(RequestNotice, SubjectRequest.contact_id)
        .join(SubjectRequest, SubjectRequest.id == RequestNotice.request_id)
        .where(RequestNotice.told_at.is_(None), not_(_ERASING))
        .order_by(RequestNotice.id)
        .limit(limit)
    )
    return [
        Notice(row.id, row.request_id, contact_id, Told(row.kind), row.due_date)
        for row, contact_id in await session.execute(statement)
    ]


async def wish(
    session: WriteSession, notice_id: uuid.UUID, request: Request, *, kind: Told, at: datetime
) -> None:
    """Wishes for a mail that belongs to no step."""
    values = {"id": notice_id, "request_id": request.id, "due_date": request.due_date, "kind": int(kind)}
    await session.execute(insert(RequestNotice).values(**values, planned_at=at))


async def told(session: WriteSession, notice_id: uuid.UUID, *, at: datetime) -> None:
    """Campaigns has taken it."""
    await session.execute(update(RequestNotice).where(RequestNotice.id == notice_id).values(told_at=at))
