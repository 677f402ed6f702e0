"""All SQL of audiences."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import select

from kernel.db import AnySession, WriteSession
from services.campaigns.audiences import tables
from services.campaigns.audiences.model import Audience, Draft, Filter


async def insert(session: WriteSession, audience_id: uuid.UUID, draft: Draft) -> Audience:
    """Keeps a new audience."""
    row = tables.Audience(id=audience_id, name=draft.name, topic=draft.topic, **asdict(draft.filter))
    session.add(row)
    await session.flush()
    await session.refresh(row)
    return _audience(row)


async def find(session: AnySession, audience_id: uuid.UUID) -> Audience | None:
    """One audience."""
    row = await session.get(tables.Audience, audience_id)
    return _audience(row) if row is not None else None


async def newest(session: AnySession, *, after: uuid.UUID | None, limit: int) -> Sequence[Audience]:
    """A page, newest first: ids of our making are in order of time."""
    query = select(tables.Audience).order_by(tables.Audience.id.desc()).limit(limit)
    if after is not None:
        query = query.where(tables.Audience.id < after)
    return [_audience(row) for row in await session.scalars(query)]


def _audience(row: tables.Audience) -> Audience:
    chosen = Filter(
        city=row.city,
        country=row.country,
        language=row.language,
        organisation_id=row.organisation_id,
        source=row.source,
        with_email=row.with_email,
    )
    return Audience(row.id, Draft(name=row.name, topic=row.topic, filter=chosen), row.created_at)
