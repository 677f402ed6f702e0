"""All SQL of notices."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert

from kernel.db import WriteSession
from services.campaigns.notices.model import Kind
from services.campaigns.notices.tables import NoticeMail
from services.campaigns.sender.model import State

KEEP = timedelta(days=3 * 366)


async def plan(
    session: WriteSession,
    notice_id: uuid.UUID,
    *,
    contact_id: uuid.UUID,
    kind: Kind,
    due_date: date,
    at: datetime,
) -> None:
    """Plans a notice, once."""
    row = {
        "id": notice_id,
        "contact_id": contact_id,
        "kind": kind,
        "due_date": due_date,
        "planned_at": at,
        "state": State.PLANNED,
    }
    await session.execute(insert(NoticeMail).values(row).on_conflict_do_nothing())


async def keep_proof(
    session: WriteSession, proofs: Mapping[uuid.UUID, tuple[uuid.UUID, bytes]], ids: Iterable[uuid.UUID]
) -> None:
    """Notes the permit and the hash of each mail before it is handed over."""
    for mail_id in ids:
        permit_id, digest = proofs[mail_id]
        statement = update(NoticeMail).where(NoticeMail.id == mail_id)
        await session.execute(statement.values(permit_id=permit_id, mail_sha256=digest))
