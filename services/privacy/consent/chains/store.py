"""All SQL of the records of one consent."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import cast, func, null, select, union_all

from kernel.db import AnySession
from services.privacy.consent.chains.model import Place, Signed
from services.privacy.consent.model import Leaf, Record
from services.privacy.consent.store import as_record
from services.privacy.consent.tables import ConsentErasure, ConsentIp, ConsentRecord, ConsentSalt, TreeHead

# A record, its leaf, and when its addresses were noted if they are still kept.
Row = tuple[Record, Leaf, datetime | None]


async def find(session: AnySession, record_id: uuid.UUID) -> Record | None:
    """A record by its id."""
    row = (
        (await session.execute(select(ConsentRecord).where(ConsentRecord.id == record_id))).scalars().first()
    )
    return as_record(row) if row is not None else None


async def chain(session: AnySession, about: Record, *, limit: int) -> tuple[list[Row], int]:
    """The newest records of the same contact, topic and channel, oldest first, and how many older ones there are."""
    same = (
        ConsentRecord.contact_id == about.contact_id,
        ConsentRecord.topic == about.topic,
        ConsentRecord.channel == about.channel,
    )
    statement = (
        select(ConsentRecord, ConsentSalt.salt, ConsentIp)
        .outerjoin(ConsentSalt, ConsentSalt.record_id == ConsentRecord.id)
        .outerjoin(ConsentIp, ConsentIp.record_id == ConsentRecord.id)
        .where(*same)
        .order_by(ConsentRecord.leaf_index.desc())
        .limit(limit)
    )
    rows: list[Row] = [
        (
            as_record(row, ip),
            Leaf(row.leaf_hash, row.leaf_index, salt or b""),
            ip.created_at if ip is not None else None,
        )
        for row, salt, ip in (await session.execute(statement)).all()
    ]
    total = await session.execute(select(func.count()).select_from(ConsentRecord).where(*same))
    return rows[::-1], total.scalar_one() - len(rows)


async def head(session: AnySession, size: int) -> Signed | None:
    """The signed head of this size; the newest for 0."""
    statement = select(TreeHead).order_by(TreeHead.size.desc()).limit(1)
    if size:
        statement = statement.where(TreeHead.size == size)
    row = (await session.execute(statement)).scalars().first()
    return Signed(row.size, row.root, row.signed_at, row.statement) if row is not None else None


async def place(session: AnySession, index: int) -> Place | None:
    """What stands at a place of the tree."""
    kept = select(ConsentRecord.leaf_hash, ConsentRecord.id, cast(null(), ConsentErasure.erased_at.type))
    erased = select(ConsentErasure.leaf_hash, cast(null(), ConsentRecord.id.type), ConsentErasure.erased_at)
    there = union_all(
        kept.where(ConsentRecord.leaf_index == index), erased.where(ConsentErasure.leaf_index == index)
    )
    found = (await session.execute(there)).first()
    if found is None:
        return None
    leaf_hash, record_id, erased_at = found
    return Place(Leaf(leaf_hash, index), str(record_id or ""), erased_at)
