"""All SQL of what is wrong in a rectification, and of the recipients who have to know what was done."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from kernel.db import AnySession, WriteSession
from services.privacy.requests.model import Correction, SettledRecipient
from services.privacy.requests.tables import RequestCorrection, RequestRecipient


async def add(session: WriteSession, request_id: uuid.UUID, corrections: Iterable[Correction]) -> None:
    """Keeps what the person has said."""
    rows = [
        {"request_id": request_id, "field": c.field, "before": c.before, "after": c.after}
        for c in corrections
    ]
    await session.execute(insert(RequestCorrection), rows)


async def of_request(session: AnySession, request_id: uuid.UUID) -> list[Correction]:
    """What is wrong; nothing for a person who is erased."""
    statement = (
        select(RequestCorrection)
        .where(RequestCorrection.request_id == request_id)
        .order_by(RequestCorrection.field)
    )
    rows = (await session.execute(statement)).scalars()
    return [Correction(row.field, row.before, row.after) for row in rows]


async def add_recipients(session: WriteSession, request_id: uuid.UUID, names: Iterable[str]) -> None:
    """Notes who has to be told; who is noted already stays as it is."""
    rows = [{"request_id": request_id, "recipient": name} for name in sorted(set(names))]
    if rows:
        await session.execute(upsert(RequestRecipient).on_conflict_do_nothing(), rows)


async def recipients(
    session: AnySession, request_ids: Sequence[uuid.UUID]
) -> dict[uuid.UUID, list[SettledRecipient]]:
    """Who has to be told, and who has been, by request."""
    statement = (
        select(RequestRecipient)
        .where(RequestRecipient.request_id.in_(request_ids))
        .order_by(RequestRecipient.recipient)
    )
    found: dict[uuid.UUID, list[SettledRecipient]] = {each: [] for each in request_ids}
    for row in (await session.execute(statement)).scalars():
        found[row.request_id].append(SettledRecipient(row.recipient, row.how, row.settled_at))
    return found


async def settle(
    session: WriteSession, request_id: uuid.UUID, recipient: str, *, how: str, at: datetime
) -> bool | None:
    """Notes how a recipient was told; False if that is noted already, None if there is no such recipient."""
    this = RequestRecipient.request_id == request_id, RequestRecipient.recipient == recipient
    open_one = update(RequestRecipient).where(*this, RequestRecipient.settled_at.is_(None))
    settled = await session.execute(
        open_one.values(how=how, settled_at=at).returning(RequestRecipient.recipient)
    )
    if settled.first() is not None:
        return True
    known = await session.execute(select(RequestRecipient.recipient).where(*this))
    return None if known.first() is None else False


async def unsettled(session: AnySession, request_id: uuid.UUID) -> int:
    """How many recipients nobody has told yet."""
    statement = select(func.count()).where(
        RequestRecipient.request_id == request_id, RequestRecipient.settled_at.is_(None)
    )
    return (await session.execute(statement)).scalar_one()
