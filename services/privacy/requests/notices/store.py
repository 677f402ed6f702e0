"""All SQL of notices: what nobody has been told yet, and that it was told."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import and_, delete, exists, not_, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import aliased

from kernel.db import AnySession, WriteSession
from services.privacy.requests.model import ERASING, FAREWELLS, Kind, Notice, Request, State, Told
from services.privacy.requests.tables import RequestNotice, SubjectRequest

# From the word to erase on nobody writes about the contact any more: what a late mail leaves would be found by the
# probe, and after the erasure there is nobody left to write to. What a hold has stopped has left the contact there.
_ERASURE = aliased(SubjectRequest)
_BEING_ERASED = exists().where(
    _ERASURE.contact_id == SubjectRequest.contact_id,
    _ERASURE.kind == Kind.ERASURE,
    or_(
        _ERASURE.state.in_((State.EXECUTING, State.COMPLETED)),
        and_(_ERASURE.id == SubjectRequest.id, _ERASURE.state.in_(ERASING)),
    ),
)


async def untold(session: AnySession, *, limit: int) -> list[Notice]:
    """Of what people are still to be told, oldest first."""
    statement = (
        select(RequestNotice, SubjectRequest.contact_id)
        .join(SubjectRequest, SubjectRequest.id == RequestNotice.request_id)
        .where(RequestNotice.told_at.is_(None))
        .order_by(RequestNotice.id)
        .limit(limit)
    )
    return [
        Notice(row.id, row.request_id, contact_id, Told(row.kind), row.due_date)
        for row, contact_id in await session.execute(statement)
    ]


async def give_up(session: WriteSession) -> None:
    """Takes back what nobody may be told any more, so that nothing is noted as untold for ever."""
    over = select(SubjectRequest.id).where(_BEING_ERASED)
    # That a hold has stopped the erasure is told while it does.
    held = select(SubjectRequest.id).where(SubjectRequest.state == State.PARTIALLY_FULFILLED)
    await session.execute(
        delete(RequestNotice).where(
            RequestNotice.told_at.is_(None),
            RequestNotice.kind.not_in(FAREWELLS),
            RequestNotice.request_id.in_(over),
            not_(and_(RequestNotice.kind == Told.HELD, RequestNotice.request_id.in_(held))),
        )
    )


async def wish(
    session: WriteSession, notice_id: uuid.UUID, request: Request, *, kind: Told, at: datetime
) -> None:
    """Wishes for a mail that belongs to no step."""
    values = {"id": notice_id, "request_id": request.id, "due_date": request.due_date, "kind": int(kind)}
    await session.execute(insert(RequestNotice).values(**values, planned_at=at))


async def told(session: WriteSession, notice_id: uuid.UUID, *, at: datetime) -> None:
    """Campaigns has taken it."""
    await session.execute(update(RequestNotice).where(RequestNotice.id == notice_id).values(told_at=at))
