"""All SQL of the record of processing."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from kernel.db import AnySession, WriteSession
from services.privacy.processing.tables import HolderDescription


async def keep(session: WriteSession, holder: str, description: bytes, *, at: datetime) -> None:
    """Keeps the newest answer of a holder; an older one that comes late changes nothing."""
    statement = insert(HolderDescription).values(holder=holder, description=description, described_at=at)
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=["holder"],
            set_={"description": description, "described_at": at},
            where=HolderDescription.described_at <= at,
        )
    )


async def kept(session: AnySession) -> list[tuple[bytes, datetime]]:
    """Every holder's newest answer, and when it came."""
    rows = await session.execute(select(HolderDescription).order_by(HolderDescription.holder))
    return [(bytes(row.description), row.described_at) for row in rows.scalars()]
