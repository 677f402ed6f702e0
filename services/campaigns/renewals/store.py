"""All SQL of mails that ask for a renewal."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select, update
from sqlalchemy.dialects.postgresql import insert

from kernel.db import AnySession, WriteSession
from services.campaigns.renewals.model import Asked
from services.campaigns.renewals.tables import RenewalMail
from services.campaigns.sender.model import State


async def plan(session: WriteSession, asked: Asked) -> None:
    """Plans the mail of a question, once."""
    row = {
        "id": asked.id,
        "contact_id": asked.contact_id,
        "topic": asked.topic,
        "last_day": asked.last_day,
        "planned_at": asked.planned_at,
        "state": State.PLANNED,
    }
    await session.execute(insert(RenewalMail).values(row).on_conflict_do_nothing())


async def find(session: AnySession, renewal_id: uuid.UUID) -> Asked | None:
    """One question."""
    row = (await session.execute(select(RenewalMail.__table__).where(RenewalMail.id == renewal_id))).first()
    return asked_of(row) if row is not None else None


async def keep_proof(
    session: WriteSession,
    proofs: Mapping[uuid.UUID, tuple[uuid.UUID, bytes, bytes]],
    ids: AbstractSet[uuid.UUID],
) -> None:
    """Notes the permit and the hashes of each mail and its token before it is handed over."""
    for mail_id in proofs.keys() & ids:
        permit_id, mail, token = proofs[mail_id]
        statement = update(RenewalMail).where(RenewalMail.id == mail_id)
        await session.execute(statement.values(permit_id=permit_id, mail_sha256=mail, token_sha256=token))


async def answer(session: WriteSession, renewal_id: uuid.UUID, at: datetime) -> Asked | None:
    """Notes the first yes; a later one changes nothing."""
    await session.execute(
        update(RenewalMail)
        .where(RenewalMail.id == renewal_id, RenewalMail.answered_at.is_(None))
        .values(answered_at=at)
    )
    return await find(session, renewal_id)


def asked_of(row: Row[Any]) -> Asked:
    """A row as a value."""
    return Asked(
        id=row.id,
        contact_id=row.contact_id,
        topic=row.topic,
        last_day=row.last_day,
        planned_at=row.planned_at,
        mail_sha256=row.mail_sha256,
        token_sha256=row.token_sha256,
        answered_at=row.answered_at,
    )
