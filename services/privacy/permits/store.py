"""All SQL of the decisions: written in bulk, read one at a time."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy import select

from kernel.db import AnySession, WriteSession
from services.privacy.permits.model import Decision
from services.privacy.permits.tables import PermitDecision

_COLUMNS = (
    "id", "contact_id", "topic", "channel", "permitted", "reason", "consent_id", "batch_id", "decided_at",
)  # fmt: skip


async def add(
    session: WriteSession, decisions: Sequence[Decision], *, topic: str, channel: int, batch_id: uuid.UUID
) -> None:
    """Keeps the decisions of a batch; COPY, because a campaign asks for thousands at a time."""
    raw = await (await session.connection()).get_raw_connection()
    driver = raw.driver_connection
    assert driver is not None
    await driver.copy_records_to_table(
        PermitDecision.__tablename__,
        columns=_COLUMNS,
        records=[
            (d.id, d.contact_id, topic, channel, d.permitted, d.reason, d.consent_id, batch_id, d.decided_at)
            for d in decisions
        ],
    )


async def find(session: AnySession, decision_id: uuid.UUID) -> Decision | None:
    """A decision by id."""
    statement = select(PermitDecision).where(PermitDecision.id == decision_id)
    row = (await session.execute(statement)).scalars().first()
    if row is None:
        return None
    return Decision(
        id=row.id,
        contact_id=row.contact_id,
        permitted=row.permitted,
        reason=row.reason,
        consent_id=row.consent_id,
        decided_at=row.decided_at,
    )
