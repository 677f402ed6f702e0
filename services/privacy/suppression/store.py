"""All SQL of the suppression list. Whatever reads or changes entries runs while the list is `opened`."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, LargeBinary, Text, bindparam, delete, func, select, text, tuple_, update
from sqlalchemy.dialects.postgresql import ARRAY, insert

from kernel.db import AnySession, WriteSession
from services.privacy.suppression.model import PREVENTS, Entry, Ground, Lifting, Wanted
from services.privacy.suppression.tables import SuppressionEntry, SuppressionLifting

_KNOWN = text(
    "SELECT asked.key_id, asked.address_hash FROM unnest(:key_ids, :hashes) AS asked (key_id, address_hash) "
    "JOIN suppression.suppression_entry USING (key_id, address_hash)"
).bindparams(bindparam("key_ids", type_=ARRAY(Text)), bindparam("hashes", type_=ARRAY(LargeBinary)))

# The role that owns the entries. The service's login may become it and has none of its rights before.
_BECOME = text("SELECT set_config('role', session_user || '_suppression', true)")
_LEAVE = text("SELECT set_config('role', 'none', true)")


@asynccontextmanager
async def opened(session: WriteSession) -> AsyncIterator[None]:
    """The entries may be read and changed within; nothing else of the service may."""
    await session.execute(_BECOME)
    yield
    # After an error nobody comes here: it ends the transaction, and with that the role.
    await session.execute(_LEAVE)


async def known(session: WriteSession, keyed: Sequence[tuple[str, bytes]]) -> dict[bytes, str]:
    """Which of these (key id, hash) have an entry, as hash → key id. One statement, however many."""
    if not keyed:
        return {}
    found = await session.execute(_KNOWN, {"key_ids": [k for k, _ in keyed], "hashes": [h for _, h in keyed]})
    return {bytes(row.address_hash): row.key_id for row in found}


async def entries(session: WriteSession, keyed: Sequence[tuple[str, bytes]]) -> list[Entry]:
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


async def add_all(
    session: WriteSession, entries: Sequence[tuple[bytes, Entry]], *, key_id: str
) -> frozenset[bytes]:
    """Adds entries by hash in one statement; answers the hashes that were not there before."""
    if not entries:
        return frozenset()
    rows = [
        {
            "id": entry.id,
            "channel": entry.channel,
            "key_id": key_id,
            "address_hash": address_hash,
            "reason": entry.reason,
            "prevents": PREVENTS,
            "created_at": entry.created_at,
        }
        for address_hash, entry in entries
    ]
    statement = insert(SuppressionEntry).values(rows).on_conflict_do_nothing()
    added = await session.execute(statement.returning(SuppressionEntry.address_hash))
    return frozenset(bytes(each) for each in added.scalars())


async def rekey(session: WriteSession, former: Sequence[tuple[str, bytes]], *, to: tuple[str, bytes]) -> None:
    """Brings the entry of one address from its former keys to the current one: one entry, never two.

    Of several the oldest stays: its reason came first. Twice, or at once, is as good as once.
    """
    key = tuple_(SuppressionEntry.key_id, SuppressionEntry.address_hash)
    # The locks make a second caller wait here; it then finds nothing under a former key any more.
    statement = select(SuppressionEntry.id).where(key.in_([*former, to])).with_for_update()
    oldest = SuppressionEntry.created_at, SuppressionEntry.id
    ids = list((await session.execute(statement.order_by(*oldest))).scalars())
    if not ids:
        return
    await session.execute(delete(SuppressionEntry).where(SuppressionEntry.id.in_(ids[1:])))
    await session.execute(
        update(SuppressionEntry).where(SuppressionEntry.id == ids[0]).values(key_id=to[0], address_hash=to[1])
    )


async def reasons(session: WriteSession, keyed: Sequence[tuple[str, bytes]]) -> dict[bytes, str]:
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
    """Notes what was taken off, and on what ground."""
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
                    "contact_id": one.ground.contact_id,
                    "consent_id": one.ground.consent_id,
                    "proven_by": one.ground.proven_by,
                }
                for one in lifted
            ],
        )


async def liftings(
    session: AnySession, *, after: tuple[datetime, uuid.UUID] | None, limit: int
) -> list[Lifting]:
    """What was taken off, the latest first."""
    table = SuppressionLifting
    statement = select(table).order_by(table.lifted_at.desc(), table.entry_id.desc()).limit(limit)
    if after is not None:
        statement = statement.where(tuple_(table.lifted_at, table.entry_id) < after)
    return [
        Lifting(
            Entry(id=row.entry_id, channel=row.channel, reason=row.reason, created_at=row.created_at),
            Ground(row.contact_id, row.consent_id, row.proven_by),
            row.lifted_at,
        )
        for row in (await session.execute(statement)).scalars()
    ]


async def listed(
    session: WriteSession, wanted: Wanted, *, after: tuple[datetime, uuid.UUID] | None, limit: int
) -> tuple[list[Entry], int]:
    """Newest first, and how many there are in all."""
    asked = _asked(wanted)
    key = tuple_(SuppressionEntry.created_at, SuppressionEntry.id)
    newest = SuppressionEntry.created_at.desc(), SuppressionEntry.id.desc()
    statement = _SHOWN.where(*asked).order_by(*newest).limit(limit)
    if after is not None:
        statement = statement.where(key < after)
    rows = (await session.execute(statement)).all()
    total = (await session.execute(select(func.count(SuppressionEntry.id)).where(*asked))).scalar_one()
    return [_entry(row) for row in rows], int(total)


async def counts(session: WriteSession) -> tuple[dict[str, int], dict[str, int]]:
    """How many entries there are by reason, and by key."""
    grouped = select(
        SuppressionEntry.reason, SuppressionEntry.key_id, func.count().label("entries")
    ).group_by(SuppressionEntry.reason, SuppressionEntry.key_id)
    by_reason: Counter[str] = Counter()
    by_key: Counter[str] = Counter()
    for row in await session.execute(grouped):
        by_reason[row.reason] += row.entries
        by_key[row.key_id] += row.entries
    return dict(by_reason), dict(by_key)


def _asked(wanted: Wanted) -> list[ColumnElement[bool]]:
    asked = []
    if wanted.reason is not None:
        asked.append(SuppressionEntry.reason == wanted.reason)
    if wanted.channel is not None:
        asked.append(SuppressionEntry.channel == wanted.channel)
    return asked


_SHOWN = select(
    SuppressionEntry.id, SuppressionEntry.channel, SuppressionEntry.reason, SuppressionEntry.created_at
)


def _entry(row: Any) -> Entry:
    return Entry(id=row.id, channel=row.channel, reason=row.reason, created_at=row.created_at)
