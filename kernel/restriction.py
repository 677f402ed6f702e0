"""Whose processing is restricted here (Art. 18 GDPR): the condition for searches, the refusal of writes, the orders."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    DateTime,
    SmallInteger,
    Uuid,
    any_,
    column,
    exists,
    func,
    literal,
    select,
    table,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, insert

from kernel.db import AnySession, WriteSession
from kernel.errors import FailedPrecondition

_ROWS = table(
    "restricted_subject",
    column("subject_id", Uuid),
    column("number", BigInteger),
    column("grounds", ARRAY(SmallInteger)),
    column("since", DateTime(timezone=True)),
    column("lifted_at", DateTime(timezone=True)),
)
# Whoever writes shares it from the claim on (kernel.rpc.idempotency); an order waits for all who are writing.
_TAKE = text("SELECT pg_advisory_xact_lock(hashtext('kernel-restricted'))")
# An order that somebody keeps waiting comes again; meanwhile others must not queue up behind it.
_PATIENCE = text("SET LOCAL lock_timeout = '10s'")


class ProcessingRestricted(FailedPrecondition):
    """The person has demanded that the data is stored and nothing else."""

    def __init__(self) -> None:
        super().__init__(
            "The processing of this person's data is restricted (Art. 18 GDPR); nothing was changed.",
        )


@dataclass(frozen=True, slots=True)
class Restricted:
    """That somebody's processing is restricted: since when, and on which grounds of the contract."""

    since: datetime
    grounds: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Order:
    """What holds for a subject from now on; without grounds nothing is restricted any more."""

    subject_id: uuid.UUID
    number: int
    grounds: tuple[int, ...]
    since: datetime


def unrestricted(contact: Any) -> ColumnElement[bool]:
    """The condition that keeps a statement from finding restricted people by what is known about them."""
    return ~exists(select(literal(1)).where(_ROWS.c.subject_id == contact, _ROWS.c.lifted_at.is_(None)))


async def restricted_among(
    session: AnySession, subject_ids: Collection[uuid.UUID]
) -> dict[uuid.UUID, Restricted]:
    """Those of the subjects whose processing is restricted now."""
    if not subject_ids:
        return {}
    wanted = _ROWS.c.subject_id == any_(literal(list(subject_ids), ARRAY(Uuid)))
    statement = select(_ROWS.c.subject_id, _ROWS.c.since, _ROWS.c.grounds)
    rows = await session.execute(statement.where(wanted, _ROWS.c.lifted_at.is_(None)))
    return {row.subject_id: Restricted(row.since, tuple(row.grounds)) for row in rows}


async def obey(session: WriteSession, order: Order, *, now: datetime) -> tuple[int, Sequence[int]]:
    """Carries an order out; answers the number and the grounds that hold then. An older order changes nothing.

    Errors: Aborted if somebody who writes takes long.
    """
    await session.execute(_PATIENCE)
    await session.execute(_TAKE)
    values = {
        "number": order.number,
        "grounds": list(order.grounds),
        "since": order.since,
        "lifted_at": None if order.grounds else now,
    }
    fresh = insert(_ROWS).values(subject_id=order.subject_id, **values)
    # What was lifted stays noted for a while: an order that was long on its way must not restrict anew.
    await session.execute(
        fresh.on_conflict_do_update(
            index_elements=["subject_id"],
            set_={name: fresh.excluded[name] for name in values},
            where=_ROWS.c.number < fresh.excluded["number"],
        )
    )
    held = select(_ROWS.c.number, func.coalesce(_ROWS.c.grounds, [])).where(
        _ROWS.c.subject_id == order.subject_id
    )
    number, grounds = (await session.execute(held)).one()
    return number, tuple(grounds)
