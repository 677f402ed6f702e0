"""All SQL of alerts and watched contacts."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, func, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert

from kernel.db import AnySession, WriteSession
from services.privacy.audit.model import Alert, Judgement, Rule
from services.privacy.audit.tables import AccessAlert, WatchedContact


async def raise_alerts(session: WriteSession, alerts: Sequence[Alert]) -> None:
    """Adds alerts; one that was found before grows with what came since, unless somebody has judged it."""
    if not alerts:
        return
    statement = insert(AccessAlert)
    found = statement.on_conflict_do_update(
        index_elements=["rule", "actor", "contact_id", "day"],
        set_={"count": statement.excluded.count, "usual": statement.excluded.usual},
        where=AccessAlert.judgement == Judgement.NONE,
    )
    await session.execute(
        found,
        [
            {
                "id": each.id,
                "rule": each.rule,
                "actor": each.actor,
                "contact_id": each.contact_id,
                "day": each.day,
                "count": each.count,
                "usual": each.usual,
                "created_at": each.created_at,
                "judgement": each.judgement,
                "judged_by": "",
            }
            for each in alerts
        ],
    )


async def find(session: AnySession, alert_id: uuid.UUID, *, lock: bool = False) -> Alert | None:
    """An alert by id."""
    statement = select(AccessAlert).where(AccessAlert.id == alert_id)
    if lock:
        statement = statement.with_for_update()
    row = (await session.execute(statement)).scalars().first()
    return _alert(row) if row is not None else None


async def judge(session: WriteSession, alert: Alert) -> None:
    """Keeps what was said about an alert."""
    said = {"judgement": alert.judgement, "judged_by": alert.judged_by, "judged_at": alert.judged_at}
    await session.execute(update(AccessAlert).where(AccessAlert.id == alert.id).values(said))


async def listed(
    session: AnySession, *, only_open: bool, after: tuple[datetime, uuid.UUID] | None, limit: int
) -> list[Alert]:
    """Newest first."""
    key = tuple_(AccessAlert.created_at, AccessAlert.id)
    statement = select(AccessAlert).order_by(AccessAlert.created_at.desc(), AccessAlert.id.desc())
    if only_open:
        statement = statement.where(AccessAlert.judgement == Judgement.NONE)
    if after is not None:
        statement = statement.where(key < after)
    return [_alert(row) for row in (await session.execute(statement.limit(limit))).scalars()]


async def count_open(session: AnySession) -> int:
    """How many nobody has judged."""
    counted = select(func.count()).select_from(AccessAlert).where(AccessAlert.judgement == Judgement.NONE)
    return int((await session.execute(counted)).scalar_one())


async def justified_since(session: AnySession, since: datetime) -> set[tuple[str, uuid.UUID]]:
    """(actor, contact) of looks without a case that somebody has found justified not long ago."""
    statement = select(AccessAlert.actor, AccessAlert.contact_id).where(
        AccessAlert.rule == Rule.NO_CASE,
        AccessAlert.judgement == Judgement.JUSTIFIED,
        AccessAlert.judged_at >= since,
    )
    rows = await session.execute(statement)
    return {(actor, contact_id) for actor, contact_id in rows if contact_id is not None}


async def watch(session: WriteSession, contact_id: uuid.UUID, at: datetime) -> datetime:
    """Watches over a contact; answers since when."""
    values = {"contact_id": contact_id, "created_at": at}
    await session.execute(insert(WatchedContact).values(values).on_conflict_do_nothing())
    statement = select(WatchedContact.created_at).where(WatchedContact.contact_id == contact_id)
    return (await session.execute(statement)).scalar_one()


async def unwatch(session: WriteSession, contact_id: uuid.UUID) -> None:
    """Watches no more."""
    await session.execute(delete(WatchedContact).where(WatchedContact.contact_id == contact_id))


async def watched(session: AnySession) -> list[tuple[uuid.UUID, datetime]]:
    """Who is watched over and since when, newest first."""
    statement = select(WatchedContact.contact_id, WatchedContact.created_at)
    ordered = statement.order_by(WatchedContact.created_at.desc(), WatchedContact.contact_id)
    return [(row.contact_id, row.created_at) for row in await session.execute(ordered)]


def _alert(row: AccessAlert) -> Alert:
    return Alert(
        id=row.id,
        rule=Rule(row.rule),
        actor=row.actor,
        contact_id=row.contact_id,
        day=row.day,
        count=row.count,
        usual=row.usual,
        created_at=row.created_at,
        judgement=Judgement(row.judgement),
        judged_by=row.judged_by,
        judged_at=row.judged_at,
    )
