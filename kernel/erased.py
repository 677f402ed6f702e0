"""Who was erased here, and the lock that leaves writing about somebody and erasing them only two orders."""

from __future__ import annotations

import uuid
from collections.abc import Collection

from sqlalchemy import ColumnElement, DateTime, Uuid, any_, column, literal, select, table, text
from sqlalchemy.dialects.postgresql import ARRAY

from kernel.db import WriteSession
from kernel.holder.subject import Subject

# What was executed stays noted without any identifier: an id that leads to nobody.
_PLANS = table("erasure_plan", column("subject_id", Uuid), column("executed_at", DateTime(timezone=True)))

# Each lock is a statement of its own: what is read under it must be read by a statement that begins after it.
_SHARE_ONE = text("SELECT pg_advisory_xact_lock_shared(:key)")
_TAKE_ONE = text("SELECT pg_advisory_xact_lock(:key)")
_SHARE_ALL = text("SELECT pg_advisory_xact_lock_shared(hashtext('kernel-erased'))")
_TAKE_ALL = text("SELECT pg_advisory_xact_lock(hashtext('kernel-erased'))")
# An erasure that somebody keeps waiting comes again; meanwhile others must not queue up behind it.
_PATIENCE = text("SET LOCAL lock_timeout = '10s'")


async def is_erased(session: WriteSession, subject_id: uuid.UUID) -> bool:
    """Whether this subject was erased here; nobody erases it until the transaction ends.

    Whoever writes about a subject has asked elsewhere whether it exists, and the answer may be older than an
    erasure. Writer first: the erasure waits, finds what was written, and erases it. Erasure first: the
    writer waits, and hears of it here (docs/decisions/0015).
    """
    await session.execute(_SHARE_ONE, {"key": _key(subject_id)})
    return bool(await _executed(session, _PLANS.c.subject_id == subject_id))


async def erased_among(session: WriteSession, subject_ids: Collection[uuid.UUID]) -> frozenset[uuid.UUID]:
    """The same for more subjects than can be locked one by one: nobody at all is erased meanwhile."""
    await session.execute(_SHARE_ALL)
    return await _executed(session, _PLANS.c.subject_id == any_(literal(list(subject_ids), ARRAY(Uuid))))


async def shut_out(session: WriteSession, subject: Subject) -> None:
    """Waits for those who write about the subject; who comes later finds it erased. A holder's `before`.

    Errors: Aborted if somebody takes long.
    """
    await session.execute(_PATIENCE)
    # Whoever holds off every erasure may take long: who writes about one subject must not wait for them.
    await session.execute(_TAKE_ALL)
    await session.execute(_TAKE_ONE, {"key": _key(subject.id)})


async def _executed(session: WriteSession, which: ColumnElement[bool]) -> frozenset[uuid.UUID]:
    found = await session.execute(select(_PLANS.c.subject_id).where(which, _PLANS.c.executed_at.is_not(None)))
    return frozenset(found.scalars())


def _key(subject_id: uuid.UUID) -> int:
    # The random half of an id: the other one is time, and the same for all that were made together.
    return int.from_bytes(subject_id.bytes[8:], "big", signed=True)
