"""All SQL of the timeline area."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select, text, tuple_

from kernel.db import AnySession, WriteSession
from services.contacts.timeline.tables import TimelineEntry

# A fact may arrive after its contact was erased: then there is no row to select, and nothing comes back.
# The lock keeps an erasure that runs just now from leaving the entry behind.
_ADD = text(
    "INSERT INTO timeline_entry (fact_id, contact_id, happened_at, kind, reference_id, internal) "
    "SELECT :fact_id, id, :happened_at, :kind, :reference_id, :internal FROM contact "
    "WHERE id = :contact_id FOR KEY SHARE ON CONFLICT DO NOTHING"
)


class Entry(NamedTuple):
    """One entry, as it is written and read."""

    fact_id: uuid.UUID
    contact_id: uuid.UUID
    happened_at: datetime
    kind: str
    reference_id: str
    internal: bool


async def add(session: WriteSession, entry: Entry) -> None:
    """Notes the fact, once; nothing if its contact is gone."""
    await session.execute(_ADD, entry._asdict())


async def page(
    session: AnySession,
    contact_id: uuid.UUID,
    *,
    with_internal: bool,
    after: tuple[datetime, uuid.UUID] | None,
    limit: int,
) -> list[Entry]:
    """Entries, newest first."""
    statement = (
        select(
            TimelineEntry.fact_id,
            TimelineEntry.contact_id,
            TimelineEntry.happened_at,
            TimelineEntry.kind,
            TimelineEntry.reference_id,
            TimelineEntry.internal,
        )
        .where(TimelineEntry.contact_id == contact_id)
        .order_by(TimelineEntry.happened_at.desc(), TimelineEntry.fact_id.desc())
        .limit(limit)
    )
    if not with_internal:
        statement = statement.where(TimelineEntry.internal.is_(False))
    if after is not None:
        statement = statement.where(tuple_(TimelineEntry.happened_at, TimelineEntry.fact_id) < after)
    return [Entry._make(row) for row in await session.execute(statement)]
