"""All SQL of the registers."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert

from kernel.db import AnySession, WriteSession
from kernel.ids import new_id
from services.privacy.registers.model import Version
from services.privacy.registers.tables import RegisterVersion

_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('register/' || :entry, 0))")


async def lock(session: WriteSession, entry_id: uuid.UUID) -> None:
    """Until the transaction ends nobody else adds a version to this entry."""
    await session.execute(_LOCK, {"entry": str(entry_id)})


async def add(session: WriteSession, version: Version) -> None:
    """Adds a version; one with its number must not be there."""
    await session.execute(
        insert(RegisterVersion).values(
            id=new_id(),
            entry_id=version.entry_id,
            register=version.register,
            version=version.version,
            content=dict(version.content),
            changed_by=version.changed_by,
            changed_at=version.changed_at,
            retired=version.retired,
        )
    )


async def versions(session: AnySession, entry_id: uuid.UUID, *, register: str) -> list[Version]:
    """All versions of an entry, the newest first."""
    statement = (
        select(RegisterVersion)
        .where(RegisterVersion.entry_id == entry_id, RegisterVersion.register == register)
        .order_by(RegisterVersion.version.desc())
    )
    return [_version(row) for row in (await session.execute(statement)).scalars()]


async def register_of(session: AnySession, entry_id: uuid.UUID) -> str | None:
    """In which register an entry stands."""
    statement = select(RegisterVersion.register).where(RegisterVersion.entry_id == entry_id).limit(1)
    found: str | None = await session.scalar(statement)
    return found


async def newest(session: AnySession, register: str) -> list[Version]:
    """The newest version of every entry, the oldest entry first. Ids grow with time."""
    statement = (
        select(RegisterVersion)
        .distinct(RegisterVersion.entry_id)
        .where(RegisterVersion.register == register)
        .order_by(RegisterVersion.entry_id, RegisterVersion.version.desc())
    )
    return [_version(row) for row in (await session.execute(statement)).scalars()]


def _version(row: Any) -> Version:
    return Version(
        entry_id=row.entry_id,
        register=row.register,
        version=row.version,
        content=row.content,
        changed_by=row.changed_by,
        changed_at=row.changed_at,
        retired=row.retired,
    )
