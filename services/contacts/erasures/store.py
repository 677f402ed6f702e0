"""All SQL of erased addresses, and the locks that order writers and erasures."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import LargeBinary, any_, literal, select, text
from sqlalchemy.dialects.postgresql import ARRAY, insert

from kernel.db import WriteSession
from services.contacts.erasures.tables import ErasedAddress

# Each lock is a statement of its own: what is read under it must be read by a statement that begins after it.
_SHARE_ADDRESS = text("SELECT pg_advisory_xact_lock_shared(:key)")
_TAKE_ADDRESS = text("SELECT pg_advisory_xact_lock(:key)")
_SHARE_FILES = text("SELECT pg_advisory_xact_lock_shared(hashtext('contacts-files'))")
# An erasure that a long import keeps waiting comes again; meanwhile other files must not queue up behind it.
_PATIENCE = text("SET LOCAL lock_timeout = '10s'")
_TAKE_FILES = text("SELECT pg_advisory_xact_lock(hashtext('contacts-files'))")


async def share_address(session: WriteSession, address_hash: bytes) -> None:
    """Waits for an erasure of this address that runs, and keeps others off until the transaction ends."""
    await session.execute(_SHARE_ADDRESS, {"key": _key(address_hash)})


async def take_addresses(session: WriteSession, hashes: Collection[bytes]) -> None:
    """Waits for those who write any of these addresses, and keeps others off until the transaction ends."""
    # In one order, so that two erasures never wait for each other.
    for key in sorted({_key(each) for each in hashes}):
        await session.execute(_TAKE_ADDRESS, {"key": key})


async def share_files(session: WriteSession) -> None:
    """As `share_address`, for every address."""
    await session.execute(_SHARE_FILES)


async def take_files(session: WriteSession) -> None:
    """As `take_addresses`, against files that are being written. Errors: Aborted if that takes long."""
    await session.execute(_PATIENCE)
    await session.execute(_TAKE_FILES)


async def add(session: WriteSession, hashes: Collection[bytes], now: datetime) -> None:
    """Notes that these addresses are erased; one that was erased before is so again."""
    rows = [{"address_hash": each, "erased_at": now} for each in sorted(set(hashes))]
    if rows:
        statement = insert(ErasedAddress).values(rows)
        newer = {"erased_at": statement.excluded.erased_at}
        await session.execute(statement.on_conflict_do_update(index_elements=["address_hash"], set_=newer))


async def known(session: WriteSession, hashes: Collection[bytes]) -> frozenset[bytes]:
    """Which of these were erased a moment ago. One statement, however many."""
    asked = literal(list(hashes), ARRAY(LargeBinary))
    found = await session.execute(
        select(ErasedAddress.address_hash).where(ErasedAddress.address_hash == any_(asked))
    )
    return frozenset(bytes(each) for each in found.scalars())


def _key(address_hash: bytes) -> int:
    """A lock's key; two addresses that share one only wait for each other."""
    return int.from_bytes(address_hash[:8], "big", signed=True)
