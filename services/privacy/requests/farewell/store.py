"""All SQL of last mails."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import and_, delete, func, or_, select
from sqlalchemy.dialects.postgresql import insert

from kernel.db import AnySession, WriteSession
from services.privacy.requests.farewell.model import UnderWay
from services.privacy.requests.farewell.tables import RequestFarewell
from services.privacy.requests.model import Kind, State
from services.privacy.requests.tables import (
    RequestIdentifiers,
    RequestNotice,
    RequestTransition,
    SubjectRequest,
)

# The steps that end what an erasure can do now.
_ENDS = ("erased", "kept-by-law")


async def add(
    session: WriteSession, farewell_id: uuid.UUID, request_id: uuid.UUID, *, sealed: bytes, at: datetime
) -> None:
    """Keeps whom the mail goes to."""
    values = {"id": farewell_id, "request_id": request_id, "sealed": sealed, "planned_at": at}
    await session.execute(insert(RequestFarewell).values(values))


async def find(session: AnySession, farewell_id: uuid.UUID) -> tuple[uuid.UUID, bytes] | None:
    """The request that a mail is about, and whom it goes to; None once that is over."""
    columns = RequestFarewell.request_id, RequestFarewell.sealed
    row = (await session.execute(select(*columns).where(RequestFarewell.id == farewell_id))).first()
    return None if row is None else (row.request_id, row.sealed)


async def handed_over(session: AnySession) -> list[UnderWay]:
    """Mails that campaigns has taken and whose end is not noted yet, oldest first."""
    statement = (
        select(RequestFarewell.id, RequestFarewell.request_id)
        .join(RequestNotice, RequestNotice.id == RequestFarewell.id)
        .where(RequestNotice.told_at.is_not(None))
        .order_by(RequestFarewell.id)
    )
    return [UnderWay(*row) for row in await session.execute(statement)]


async def overdue(session: AnySession, *, before: datetime) -> list[UnderWay]:
    """Mails that were planned before an instant."""
    columns = RequestFarewell.id, RequestFarewell.request_id
    found = await session.execute(select(*columns).where(RequestFarewell.planned_at < before))
    return [UnderWay(*row) for row in found]


async def forget_named(session: WriteSession, *, before: datetime) -> None:
    """Nobody can be named to recipients any more of whom this was to be done since before an instant."""
    ended = select(func.max(RequestTransition.at)).where(
        RequestTransition.request_id == SubjectRequest.id, RequestTransition.reason.in_(_ENDS)
    )
    partly = and_(SubjectRequest.state == State.PARTIALLY_FULFILLED, SubjectRequest.kept_until.is_not(None))
    over = select(SubjectRequest.id).where(
        SubjectRequest.kind == Kind.ERASURE,
        or_(SubjectRequest.state == State.COMPLETED, partly),
        ended.scalar_subquery() < before,
    )
    await session.execute(delete(RequestIdentifiers).where(RequestIdentifiers.request_id.in_(over)))


async def destroy(session: WriteSession, farewell_id: uuid.UUID) -> bool:
    """Forgets whom a mail went to, and wishes for none any more; false if that is done already."""
    gone = delete(RequestFarewell).where(RequestFarewell.id == farewell_id).returning(RequestFarewell.id)
    if (await session.execute(gone)).first() is None:
        return False
    untold = RequestNotice.id == farewell_id, RequestNotice.told_at.is_(None)
    await session.execute(delete(RequestNotice).where(*untold))
    return True
