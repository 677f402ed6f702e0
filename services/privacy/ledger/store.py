"""All SQL of the erasure ledger: insert and read, nothing else."""

from __future__ import annotations

import uuid

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from kernel.db import AnySession, WriteSession
from services.privacy.ledger.model import LedgerEntry
from services.privacy.ledger.tables import ErasureLedger


async def add(session: WriteSession, entry: LedgerEntry, signature: bytes | None) -> None:
    """Adds an entry; the same one twice is the same as once."""
    values = {
        "id": entry.id,
        "request_id": entry.request_id,
        "contact_id": entry.contact_id,
        "round": entry.round,
        "plan_hash": entry.plan_hash,
        "key_id": entry.key_id,
        "identifier_hashes": list(entry.identifier_hashes),
        "suppressions": list(entry.suppressions),
        "recorded_at": entry.recorded_at,
        "signature": signature,
    }
    await session.execute(insert(ErasureLedger).values(values).on_conflict_do_nothing())


async def find(session: AnySession, entry_id: uuid.UUID) -> LedgerEntry | None:
    """An entry by id."""
    row = (await session.execute(select(ErasureLedger).where(ErasureLedger.id == entry_id))).scalars().first()
    if row is None:
        return None
    return _entry(row)


async def last_round(session: AnySession, request_id: uuid.UUID) -> int:
    """The last round of a request that has an entry; 0 if none has."""
    statement = select(func.max(ErasureLedger.round)).where(ErasureLedger.request_id == request_id)
    return int((await session.execute(statement)).scalar_one() or 0)


async def all_entries(session: AnySession) -> list[tuple[LedgerEntry, bytes | None]]:
    """Every entry with its signature, oldest first."""
    statement = select(ErasureLedger).order_by(ErasureLedger.recorded_at, ErasureLedger.id)
    rows = (await session.execute(statement)).scalars()
    return [(_entry(row), None if row.signature is None else bytes(row.signature)) for row in rows]


def _entry(row: ErasureLedger) -> LedgerEntry:
    return LedgerEntry(
        id=row.id,
        request_id=row.request_id,
        contact_id=row.contact_id,
        round=row.round,
        plan_hash=row.plan_hash,
        key_id=row.key_id,
        identifier_hashes=tuple(bytes(each) for each in row.identifier_hashes),
        recorded_at=row.recorded_at,
        suppressions=tuple(row.suppressions),
    )
