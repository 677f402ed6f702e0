"""All SQL of the suppression list."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import LargeBinary, Text, bindparam, delete, func, select, text, tuple_
from sqlalchemy.dialects.postgresql import ARRAY, insert

from kernel.db import AnySession, WriteSession
from services.privacy.suppression.model import PREVENTS, Entry, Lifting
from services.privacy.suppression.tables import SuppressionEntry, SuppressionLifting

_KNOWN = text(
    "SELECT asked.address_hash FROM unnest(:key_ids, :hashes) AS asked (key_id, address_hash) "
    "JOIN suppression_entry USING (key_id, address_hash)"
).bindparams(bindparam("key_ids", type_=ARRAY(Text)), bindparam("hashes", type_=ARRAY(LargeBinary)))


async def known_hashes(session: AnySession, keyed: Sequence[tuple[str, bytes]]) -> frozenset[bytes]:
    """Which of these (key id, hash) have an entry. One statement, however many."""
    if not keyed:
        return frozenset()
    found = await session.execute(_KNOWN, {"key_ids": [k for k, _ in keyed], "hashes": [h for _, h in keyed]})
    return frozenset(bytes(value) for value in found.scalars())


async def entries(session: AnySession, keyed: Sequence[tuple[str, bytes]]) -> list[Entry]:
    """The entries with these (key id, hash), oldest first."""
    if not keyed:
        return []
    key = tuple_(SuppressionEntry.key_id, SuppressionEntry.address_hash)
    rows = await session.execute(_SHOWN.where(key.in_(keyed)).order_by(SuppressionEntry.created_at))
    return [_entry(row) for row in rows]


async def add(session: WriteSession, *, entry: Entry, key_id: str, address_hash: bytes) -> Entry:
    """Adds an entry; an address that has one keeps it, with the reason that came first."""
    statement = (
        insert(SuppressionEntry)
        .values(
            id=entry.id,
            channel=entry.channel,
            key_id=key_id,
            address_hash=address_hash,
            reason=entry.reason,
            prevents=PREVENTS,
            created_at=entry.created_at,
        )
        .on_conflict_do_nothing()
    )
    await session.execute(statement)
    found = await session.execute(
        _SHOWN.where(SuppressionEntry.key_id == key_id, SuppressionEntry.address_hash == address_hash)
    )
    kept = _entry(found.one())
    return replace(kept, listed_before=kept.id != entry.id)


async def reasons(session: AnySession, keyed: Sequence[tuple[str, bytes]]) -> dict[bytes, str]:
    """Why these (key id, hash) have an entry, by hash."""
    key = tuple_(SuppressionEntry.key_id, SuppressionEntry.address_hash)
    statement = select(SuppressionEntry.address_hash, SuppressionEntry.reason).where(key.in_(keyed))
    return {bytes(row.address_hash): row.reason for row in await session.execute(statement)}


async def remove(
    session: WriteSession, keyed: Sequence[tuple[str, bytes]], *, reasons: Collection[str]
) -> list[Entry]:
    """Takes entries off that have one of these reasons."""
    key = tuple_(SuppressionEntry.key_id, SuppressionEntry.address_hash)
    statement = delete(SuppressionEntry).where(key.in_(keyed), SuppressionEntry.reason.in_(reasons))
    entry = SuppressionEntry
    removed = await session.execute(
        statement.returning(entry.id, entry.channel, entry.reason, entry.created_at)
    )
    return [_entry(row) for row in removed]


async def note_lifted(session: WriteSession, lifted: Sequence[Lifting]) -> None:
    """Notes what was taken off, and on which consent that rests."""
    if lifted:
        await session.execute(
            insert(SuppressionLifting),
            [
                {
                    "entry_id": one.entry.id,
                    "channel": one.entry.channel,
                    "reason": one.entry.reason,
                    "created_at": one.entry.created_at,
                    "lifted_at": one.lifted_at,
                    "consent_id": one.consent_id,
                }
                for one in lifted
            ],
        )


async def listed(
    session: AnySession, *, after: tuple[datetime, uuid.UUID] | None, limit: int
) -> tuple[list[Entry], int]:
    """Newest first, and how many there are in all."""
    key = tuple_(SuppressionEntry.created_at, SuppressionEntry.id)
    statement = _SHOWN.order_by(SuppressionEntry.created_at.desc(), SuppressionEntry.id.desc()).limit(limit)
    if after is not None:
        statement = statement.where(key < after)
    rows = (await session.execute(statement)).all()
    total = (await session.execute(select(func.count()).select_from(SuppressionEntry))).scalar_one()
    return [_entry(row) for row in rows], int(total)


_SHOWN = select(
    SuppressionEntry.id, SuppressionEntry.channel, SuppressionEntry.reason, SuppressionEntry.created_at
)


def _entry(row: Any) -> Entry:
    return Entry(id=row.id, channel=row.channel, reason=row.reason, created_at=row.created_at)
