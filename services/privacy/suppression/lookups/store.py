"""All SQL of looks at the list."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import func, insert, select, text, tuple_

from kernel.db import AnySession, WriteSession
from services.privacy.suppression.lookups.model import LookUp
from services.privacy.suppression.lookups.tables import SuppressionLookUp

_ALONE = text("SELECT pg_advisory_xact_lock(hashtextextended('suppression_look_up ' || :actor, 0))")


async def count_since(session: WriteSession, actor: str, since: datetime) -> int:
    """How often somebody has looked since then; a second look of theirs waits for the end of this transaction."""
    await session.execute(_ALONE, {"actor": actor})
    counted = select(func.count()).where(
        SuppressionLookUp.actor == actor, SuppressionLookUp.looked_at > since
    )
    return int((await session.execute(counted)).scalar_one())


async def add(session: WriteSession, look: LookUp) -> None:
    """Keeps a look."""
    await session.execute(
        insert(SuppressionLookUp).values(
            id=look.id,
            looked_at=look.looked_at,
            actor=look.actor,
            reason=look.reason,
            channel=look.channel,
            suppressed=look.suppressed,
        )
    )


async def listed(
    session: AnySession, *, after: tuple[datetime, uuid.UUID] | None, limit: int
) -> list[LookUp]:
    """The newest first."""
    table = SuppressionLookUp
    statement = select(table).order_by(table.looked_at.desc(), table.id.desc()).limit(limit)
    if after is not None:
        statement = statement.where(tuple_(table.looked_at, table.id) < after)
    rows = (await session.execute(statement)).scalars()
    return [LookUp(r.id, r.looked_at, r.actor, r.reason, r.channel, r.suppressed) for r in rows]
