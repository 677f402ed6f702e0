"""All SQL of checks."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert

from kernel.db import AnySession, WriteSession
from services.privacy.requests.identity.model import Check
from services.privacy.requests.identity.tables import IdentityCheck


async def add(session: WriteSession, check: Check, *, at: datetime) -> None:
    """Adds a check that has no code yet."""
    values = {"id": check.id, "request_id": check.request_id, "created_at": at}
    await session.execute(insert(IdentityCheck).values(values))


async def made_since(session: AnySession, request_id: uuid.UUID, since: datetime) -> int:
    """How many checks of a request were begun after an instant."""
    statement = select(func.count()).where(
        IdentityCheck.request_id == request_id, IdentityCheck.created_at > since
    )
    return int((await session.execute(statement)).scalar_one())


async def find(session: AnySession, check_id: uuid.UUID, *, lock: bool = False) -> Check | None:
    """A check."""
    statement = select(IdentityCheck).where(IdentityCheck.id == check_id)
    if lock:
        statement = statement.with_for_update()
    # What another transaction has written meanwhile is what counts, not what this session saw before the lock.
    options = {"populate_existing": True}
    row = (await session.execute(statement, execution_options=options)).scalar_one_or_none()
    if row is None:
        return None
    return Check(row.id, row.request_id, row.code_mac, row.tries, row.expires_at, row.ended_at)


async def change(session: WriteSession, check_id: uuid.UUID, **values: Any) -> None:
    """Sets columns of a check."""
    await session.execute(update(IdentityCheck).where(IdentityCheck.id == check_id).values(**values))


async def end_all(session: WriteSession, request_id: uuid.UUID, *, at: datetime) -> None:
    """No code of this request is good any more."""
    await session.execute(
        update(IdentityCheck)
        .where(IdentityCheck.request_id == request_id, IdentityCheck.ended_at.is_(None))
        .values(code_mac=None, ended_at=at)
    )
