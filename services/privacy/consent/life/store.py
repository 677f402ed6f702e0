"""All SQL of how consents end by themselves: what was used when, and what is over."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import DateTime, Text, Uuid, bindparam, func, literal, select, text
from sqlalchemy.dialects.postgresql import ARRAY, insert

from kernel.db import AnySession, WriteSession
from services.privacy.consent.life.model import Due, Limits
from services.privacy.consent.life.tables import ConsentRenewal
from services.privacy.consent.model import PARENT_DOUBLE_OPT_IN, Record, State
from services.privacy.consent.store import as_record
from services.privacy.consent.tables import ConsentRecord
from services.privacy.permits.tables import PermitDecision

# A message that went out on this consent; a mail that only asks for its renewal is no use of it.
_USE = "consent"
_LAPSED = text(
    "SELECT r.id, r.leaf_index, coalesce(least(r.recorded_at, r.confirm_time) < "
    "CASE WHEN r.method = :parent THEN l.by_parent ELSE l.given END, false) AS over "
    "FROM consent_record r LEFT JOIN unnest(:topics, :given, :by_parent) AS l(topic, given, by_parent) "
    "ON l.topic = r.topic "
    "WHERE r.state IN (2, 6) AND r.leaf_index > :after AND (:everybody OR r.id = ANY(:among)) "
    "AND (least(r.recorded_at, r.confirm_time) < "
    "CASE WHEN r.method = :parent THEN l.by_parent ELSE l.given END "
    "OR least(r.recorded_at, r.confirm_time) < :used AND NOT EXISTS (SELECT FROM permit_decision p "
    "WHERE p.contact_id = r.contact_id AND p.consent_id = r.id AND p.reason = :use AND p.decided_at >= :used)) "
    "AND NOT EXISTS (SELECT FROM consent_record n WHERE n.contact_id = r.contact_id AND n.topic = r.topic "
    "AND n.channel = r.channel AND n.leaf_index > r.leaf_index AND n.state <> 1) "
    "ORDER BY r.leaf_index LIMIT :most"
).bindparams(
    bindparam("topics", type_=ARRAY(Text)),
    bindparam("given", type_=ARRAY(DateTime(timezone=True))),
    bindparam("by_parent", type_=ARRAY(DateTime(timezone=True))),
    bindparam("used", type_=DateTime(timezone=True)),
    bindparam("among", type_=ARRAY(Uuid)),
)


class Lapsed(NamedTuple):
    """A consent that ended; not over, but unused for too long if `over` is false."""

    record_id: uuid.UUID
    leaf_index: int
    over: bool


async def used_since(
    session: AnySession,
    *,
    contact_ids: Sequence[uuid.UUID],
    record_ids: Sequence[uuid.UUID],
    since: datetime,
) -> frozenset[uuid.UUID]:
    """On which of these consents a message has gone out since then."""
    statement = select(PermitDecision.consent_id).where(
        PermitDecision.contact_id == func.any(literal(list(contact_ids), ARRAY(Uuid))),
        PermitDecision.consent_id == func.any(literal(list(record_ids), ARRAY(Uuid))),
        PermitDecision.reason == _USE,
        PermitDecision.decided_at >= since,
    )
    return frozenset(found for found in (await session.execute(statement)).scalars() if found is not None)


async def last_uses(
    session: AnySession, *, contact_ids: Sequence[uuid.UUID], record_ids: Sequence[uuid.UUID]
) -> dict[uuid.UUID, datetime]:
    """When a message went out last, per consent."""
    statement = (
        select(PermitDecision.consent_id, func.max(PermitDecision.decided_at))
        .where(
            PermitDecision.contact_id == func.any(literal(list(contact_ids), ARRAY(Uuid))),
            PermitDecision.consent_id == func.any(literal(list(record_ids), ARRAY(Uuid))),
            PermitDecision.reason == _USE,
        )
        .group_by(PermitDecision.consent_id)
    )
    return {record_id: at for record_id, at in await session.execute(statement) if record_id is not None}


async def lapsed(
    session: AnySession,
    limits: Mapping[str, Limits],
    *,
    limit: int,
    after: int = -1,
    among: Collection[uuid.UUID] | None = None,
) -> list[Lapsed]:
    """Consents that count and hold no longer, along the tree; `limits` by topic, its last use is the same for all."""
    wanted = {
        "topics": list(limits),
        "given": [each.given for each in limits.values()],
        "by_parent": [each.by_parent for each in limits.values()],
        "used": max(each.used for each in limits.values()),
        "parent": PARENT_DOUBLE_OPT_IN,
        "use": _USE,
        "after": after,
        "everybody": among is None,
        "among": list(among or ()),
        "most": limit,
    }
    return [Lapsed(*row) for row in await session.execute(_LAPSED, wanted)]


async def add_questions(session: WriteSession, due: Sequence[Due], *, at: datetime) -> frozenset[uuid.UUID]:
    """Keeps the questions that were not asked before about the same end; answers which."""
    rows = [
        {"id": each.id, "consent_id": each.record.id, "last_day": each.last_day, "asked_at": at}
        for each in due
    ]
    statement = (
        insert(ConsentRenewal).values(rows).on_conflict_do_nothing(index_elements=["consent_id", "last_day"])
    )
    return frozenset((await session.execute(statement.returning(ConsentRenewal.id))).scalars())


async def topics(session: AnySession) -> list[str]:
    """Every topic that somebody has said yes to."""
    said = ConsentRecord.state.in_((int(State.GIVEN), int(State.RENEWED)))
    return list((await session.execute(select(ConsentRecord.topic).where(said).distinct())).scalars())


async def records(session: AnySession, ids: Collection[uuid.UUID]) -> list[Record]:
    """Records by their ids, along the tree."""
    statement = select(ConsentRecord).where(ConsentRecord.id == func.any(literal(list(ids), ARRAY(Uuid))))
    rows = (await session.execute(statement.order_by(ConsentRecord.leaf_index))).scalars()
    return [as_record(row) for row in rows]


async def latest(session: AnySession, contact_id: uuid.UUID) -> list[Record]:
    """The last record per topic and channel, whatever it says: a question that is open is the last word."""
    statement = (
        select(ConsentRecord)
        .distinct(ConsentRecord.topic, ConsentRecord.channel)
        .where(ConsentRecord.contact_id == contact_id)
        .order_by(ConsentRecord.topic, ConsentRecord.channel, ConsentRecord.leaf_index.desc())
    )
    return [as_record(row) for row in (await session.execute(statement)).scalars()]
