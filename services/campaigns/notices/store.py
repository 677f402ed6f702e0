"""All SQL of notices."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from datetime import date, datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from kernel.db import AnySession, WriteSession
from services.campaigns.notices.model import Kind
from services.campaigns.notices.tables import NoticeMail
from services.campaigns.sender.model import State

KEEP = timedelta(days=3 * 366)


async def plan(
    session: WriteSession,
    notice_id: uuid.UUID,
    *,
    contact_id: uuid.UUID | None,
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


async def state_of(session: AnySession, notice_id: uuid.UUID) -> State | None:
    """How a notice stands; None if there is none."""
    found = (await session.execute(select(NoticeMail.state).where(NoticeMail.id == notice_id))).scalar()
    return None if found is None else State(found)


async def keep_proof(
    session: WriteSession, proofs: Mapping[uuid.UUID, tuple[uuid.UUID, bytes]], ids: AbstractSet[uuid.UUID]
) -> None:
    """Notes the permit and the hash of each mail before it is handed over."""
    for mail_id in proofs.keys() & ids:
        permit_id, digest = proofs[mail_id]
        statement = update(NoticeMail).where(NoticeMail.id == mail_id)
        await session.execute(statement.values(permit_id=permit_id, mail_sha256=digest))
