"""All SQL of legal holds."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import ARRAY, Uuid, any_, literal, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert

from kernel.db import AnySession, WriteSession
from services.privacy.holds.model import Hold
from services.privacy.holds.tables import LegalHold

_IN_FORCE = LegalHold.released_at.is_(None)


async def add(session: WriteSession, hold: Hold) -> bool:
    """Adds a hold; false if the contact has one."""
    statement = insert(LegalHold).values(
        id=hold.id,
        contact_id=hold.contact_id,
        reason=hold.reason,
        review_on=hold.review_on,
        placed_at=hold.placed_at,
    )
    added = await session.execute(statement.on_conflict_do_nothing().returning(LegalHold.id))
    return added.first() is not None


async def release(session: WriteSession, hold_id: uuid.UUID, now: datetime) -> Hold | None:
    """Ends a hold that is in force."""
    statement = update(LegalHold).where(LegalHold.id == hold_id, _IN_FORCE).values(released_at=now)
    row = (await session.execute(statement.returning(LegalHold))).scalars().first()
    return _hold(row) if row else None


async def listed(
    session: AnySession,
    *,
    contact_id: uuid.UUID | None,
    after: tuple[date, uuid.UUID] | None,
    limit: int,
) -> list[Hold]:
    """Holds in force, by the day of their review."""
    order = (LegalHold.review_on, LegalHold.id)
    statement = select(LegalHold).where(_IN_FORCE).order_by(*order).limit(limit)
    if contact_id is not None:
        statement = statement.where(LegalHold.contact_id == contact_id)
    if after is not None:
        statement = statement.where(tuple_(*order) > after)
    return [_hold(row) for row in (await session.execute(statement)).scalars()]


async def reasons(session: AnySession, contact_ids: Sequence[uuid.UUID] | None) -> dict[uuid.UUID, str]:
    """Which of these contacts are under a hold, and why; None asks for all."""
    statement = select(LegalHold.contact_id, LegalHold.reason).where(_IN_FORCE)
    if contact_ids is not None:
        statement = statement.where(LegalHold.contact_id == any_(literal(list(contact_ids), ARRAY(Uuid))))
    return {row.contact_id: row.reason for row in await session.execute(statement)}


def _hold(row: LegalHold) -> Hold:
    return Hold(row.id, row.contact_id, row.reason, row.review_on, row.placed_at, row.released_at)
