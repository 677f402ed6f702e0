"""All SQL of consent records. They are inserted and read, and erased when their time is over; nothing else."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    Uuid,
    bindparam,
    delete,
    func,
    insert,
    literal,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY

from kernel.db import AnySession, WriteSession
from services.privacy.consent.life.model import Limits
from services.privacy.consent.merkle import Frontier, Node
from services.privacy.consent.model import PARENT_DOUBLE_OPT_IN, Evidence, Leaf, Record, State
from services.privacy.consent.tables import (
    ConsentErasure,
    ConsentIp,
    ConsentNode,
    ConsentRecord,
    ConsentSalt,
    ConsentTree,
)

_DECISIVE = text(
    "SELECT DISTINCT ON (contact_id) contact_id, id, "
    "CASE WHEN state IN (2, 6) AND least(recorded_at, confirm_time) < "
    "CASE WHEN method = :parent THEN CAST(:by_parent AS timestamptz) ELSE CAST(:given AS timestamptz) END "
    "THEN 5 ELSE state END, "
    "state IN (2, 6) AND least(recorded_at, confirm_time) < CAST(:used AS timestamptz) FROM consent_record "
    "WHERE contact_id = ANY(:contact_ids) AND topic = :topic AND channel = :channel AND state <> 1 "
    "ORDER BY contact_id, leaf_index DESC"
).bindparams(bindparam("contact_ids", type_=ARRAY(Uuid)))


_OVERDUE = text(
    "WITH newest AS (SELECT DISTINCT ON (contact_id, topic, channel) contact_id, topic, channel, state, recorded_at "
    "FROM consent_record WHERE state <> 1 ORDER BY contact_id, topic, channel, leaf_index DESC) "
    "SELECT r.id FROM consent_record r JOIN newest n USING (contact_id, topic, channel) "
    "WHERE n.state IN (3, 4, 5) AND n.recorded_at < :before "
    "AND contact_id <> ALL(:spared) ORDER BY r.leaf_index LIMIT :most"
).bindparams(bindparam("spared", type_=ARRAY(Uuid)))

# Looked up thousands of times a batch, where calling the enumeration would cost.
_STATES = {int(state): state for state in State}


class Decisive(NamedTuple):
    """What somebody said last, and whether it is so old that only a use since then keeps it alive."""

    contact_id: uuid.UUID
    record_id: uuid.UUID
    state: State
    idle: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """A record with its leaf."""

    record: Record
    leaf: Leaf


async def given_to(
    session: AnySession, record_ids: Sequence[uuid.UUID], text_ids: frozenset[uuid.UUID]
) -> frozenset[uuid.UUID]:
    """Which of the records are consents to one of the texts."""
    statement = select(ConsentRecord.id).where(
        ConsentRecord.id == func.any(literal(list(record_ids), ARRAY(Uuid))),
        ConsentRecord.text_id.in_(text_ids),
    )
    return frozenset((await session.execute(statement)).scalars())


async def append(
    session: WriteSession, entries: Sequence[Entry], frontier: Frontier, filled: Mapping[Node, bytes]
) -> None:
    """Adds records with their salts, the tree that they lead to and the subtrees that they fill."""
    await session.execute(insert(ConsentRecord), [_row(entry) for entry in entries])
    salts = [{"record_id": e.record.id, "salt": e.leaf.salt} for e in entries]
    await session.execute(insert(ConsentSalt), salts)
    if filled:
        nodes = [{"level": n.level, "position": n.position, "hash": each} for n, each in filled.items()]
        await session.execute(insert(ConsentNode), nodes)
    addresses = [
        {
            "record_id": e.record.id,
            "contact_id": e.record.contact_id,
            "request_ip": e.record.evidence.request_ip,
            "confirm_ip": e.record.evidence.confirm_ip,
            "created_at": e.record.recorded_at,
        }
        for e in entries
        if e.record.evidence.request_ip or e.record.evidence.confirm_ip
    ]
    if addresses:
        await session.execute(insert(ConsentIp), addresses)
    await session.execute(update(ConsentTree).values(size=frontier.size, frontier=list(frontier.nodes)))


async def newest(session: AnySession, contact_id: uuid.UUID) -> list[Record]:
    """The record that counts, per topic and channel; a mere request counts only while nothing else does."""
    statement = (
        select(ConsentRecord)
        .distinct(ConsentRecord.topic, ConsentRecord.channel)
        .where(ConsentRecord.contact_id == contact_id)
        .order_by(
            ConsentRecord.topic,
            ConsentRecord.channel,
            (ConsentRecord.state == State.REQUESTED),
            ConsentRecord.leaf_index.desc(),
        )
    )
    return [as_record(row) for row in (await session.execute(statement)).scalars()]


async def find_given(session: AnySession, given: Record) -> Record | None:
    """The record that the same click has left, known by the hash of its token; None if there is none, or no token."""
    if not given.evidence.token_sha256:
        return None
    statement = select(ConsentRecord).where(
        ConsentRecord.contact_id == given.contact_id,
        ConsentRecord.topic == given.topic,
        ConsentRecord.channel == given.channel,
        ConsentRecord.state == given.state,
        ConsentRecord.token_sha256 == given.evidence.token_sha256,
    )
    row = (await session.execute(statement)).scalars().first()
    return as_record(row) if row is not None else None


async def history(session: AnySession, contact_id: uuid.UUID, topic: str) -> list[Entry]:
    """Every record of a topic, oldest first, with the addresses that are still kept."""
    statement = (
        select(ConsentRecord, ConsentIp)
        .outerjoin(ConsentIp, ConsentIp.record_id == ConsentRecord.id)
        .where(ConsentRecord.contact_id == contact_id, ConsentRecord.topic == topic)
        .order_by(ConsentRecord.leaf_index)
    )
    return [
        Entry(as_record(row, ip), Leaf(hash=row.leaf_hash, index=row.leaf_index))
        for row, ip in (await session.execute(statement)).all()
    ]


async def decisive(
    session: AnySession, *, contact_ids: Sequence[uuid.UUID], topic: str, channel: int, limits: Limits
) -> list[Decisive]:
    """The newest record that decides, per contact; a consent beyond its period has expired. One statement for all."""
    parameters = {
        "contact_ids": list(contact_ids),
        "topic": topic,
        "channel": channel,
        "parent": PARENT_DOUBLE_OPT_IN,
        "given": limits.given,
        "by_parent": limits.by_parent,
        "used": limits.used,
    }
    rows = await session.execute(_DECISIVE, parameters)
    return [
        Decisive(contact_id, record_id, _STATES[state], idle) for contact_id, record_id, state, idle in rows
    ]


async def find_entry(session: AnySession, record_id: uuid.UUID) -> Entry | None:
    """A record with its leaf and salt."""
    statement = (
        select(ConsentRecord, ConsentSalt.salt)
        .join(ConsentSalt, ConsentSalt.record_id == ConsentRecord.id)
        .where(ConsentRecord.id == record_id)
    )
    found = (await session.execute(statement)).first()
    if found is None:
        return None
    row, salt = found
    return Entry(as_record(row), Leaf(row.leaf_hash, row.leaf_index, salt))


async def overdue(
    session: AnySession, *, ended_before: datetime, spared: Collection[uuid.UUID], limit: int
) -> list[uuid.UUID]:
    """Records about what ended before that moment and was never given again, oldest first."""
    wanted = {"before": ended_before, "spared": list(spared), "most": limit}
    return list((await session.execute(_OVERDUE, wanted)).scalars())


async def erase(session: WriteSession, ids: Sequence[uuid.UUID], *, at: datetime) -> None:
    """Leaves of each record its place and its hash. The salt goes first: the database asks for that order."""
    leaf = select(ConsentRecord.leaf_index, ConsentRecord.leaf_hash, literal(at))
    columns = ["leaf_index", "leaf_hash", "erased_at"]
    await session.execute(delete(ConsentSalt).where(ConsentSalt.record_id.in_(ids)))
    await session.execute(delete(ConsentIp).where(ConsentIp.record_id.in_(ids)))
    await session.execute(insert(ConsentErasure).from_select(columns, leaf.where(ConsentRecord.id.in_(ids))))
    await session.execute(delete(ConsentRecord).where(ConsentRecord.id.in_(ids)))


def _row(entry: Entry) -> dict[str, Any]:
    record, evidence = entry.record, entry.record.evidence
    return {
        "id": record.id,
        "leaf_index": entry.leaf.index,
        "leaf_hash": entry.leaf.hash,
        "contact_id": record.contact_id,
        "topic": record.topic,
        "channel": record.channel,
        "state": int(record.state),
        "text_id": record.text_id,
        "text_sha256": record.text_sha256,
        "recorded_at": record.recorded_at,
        "form_url": evidence.form_url,
        "language": evidence.language,
        "request_time": evidence.request_time,
        "confirm_time": evidence.confirm_time,
        "mail_sha256": evidence.mail_sha256,
        "token_sha256": evidence.token_sha256,
        "method": evidence.method,
    }


def as_record(row: ConsentRecord, ip: ConsentIp | None = None) -> Record:
    """A row as a value."""
    return Record(
        id=row.id,
        contact_id=row.contact_id,
        topic=row.topic,
        channel=row.channel,
        state=State(row.state),
        text_id=row.text_id,
        text_sha256=row.text_sha256,
        recorded_at=row.recorded_at,
        evidence=Evidence(
            form_url=row.form_url,
            language=row.language,
            request_time=row.request_time,
            confirm_time=row.confirm_time,
            mail_sha256=row.mail_sha256,
            token_sha256=row.token_sha256,
            method=row.method,
            request_ip=ip.request_ip if ip else "",
            confirm_ip=ip.confirm_ip if ip else "",
        ),
    )
