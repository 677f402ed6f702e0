"""All SQL of restrictions, their orders and receipts."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from kontor.privacy.v1 import holder_pb2
from sqlalchemy import ARRAY, Uuid, any_, func, insert, literal, select, text, tuple_, update
from sqlalchemy.dialects.postgresql import insert as upsert

from kernel.db import AnySession, WriteSession
from services.privacy.restrictions.model import Order, Restricted, Restriction, State
from services.privacy.restrictions.tables import RestrictionOrder, RestrictionReceipt, RestrictionRow

# An order names all grounds that hold: two that are made at once must not leave out each other's.
_ALONE = text("SELECT pg_advisory_xact_lock(hashtext('privacy-restrictions'))")
_HOLDING = (State.ORDERED, State.IN_FORCE, State.ANNOUNCED)
_FIELDS = tuple(Restriction.__dataclass_fields__)


async def alone(session: WriteSession) -> None:
    """Nobody else orders anything until the transaction ends."""
    await session.execute(_ALONE)


async def add(session: WriteSession, restriction: Restriction) -> None:
    """Notes a restriction."""
    values = {name: getattr(restriction, name) for name in _FIELDS}
    await session.execute(insert(RestrictionRow).values(values))


async def find(session: AnySession, restriction_id: uuid.UUID, *, lock: bool = False) -> Restriction | None:
    """A restriction by id."""
    statement = select(RestrictionRow).where(RestrictionRow.id == restriction_id)
    row = (await session.execute(statement.with_for_update() if lock else statement)).scalars().first()
    return _value(row) if row else None


async def of_contact(
    session: AnySession, contact_id: uuid.UUID, *, all_of_them: bool = True
) -> list[Restriction]:
    """A contact's restrictions, newest first."""
    statement = select(RestrictionRow).where(RestrictionRow.contact_id == contact_id)
    if not all_of_them:
        statement = statement.where(RestrictionRow.state < State.LIFTED)
    rows = await session.execute(statement.order_by(RestrictionRow.id.desc()))
    return [_value(row) for row in rows.scalars()]


async def change(session: WriteSession, restriction_id: uuid.UUID, **values: Any) -> None:
    """Sets columns of a restriction."""
    await session.execute(update(RestrictionRow).where(RestrictionRow.id == restriction_id).values(**values))


async def restricted(session: AnySession, contact_ids: Sequence[uuid.UUID]) -> frozenset[uuid.UUID]:
    """Which of these contacts are restricted, from the order on until every holder has lifted it."""
    statement = select(RestrictionRow.contact_id).where(
        RestrictionRow.contact_id == any_(literal(list(contact_ids), ARRAY(Uuid))),
        RestrictionRow.state < State.LIFTED,
    )
    return frozenset((await session.execute(statement)).scalars())


async def everybody(session: AnySession) -> frozenset[uuid.UUID]:
    """Every contact that is restricted."""
    found = select(RestrictionRow.contact_id).where(RestrictionRow.state < State.LIFTED)
    return frozenset((await session.execute(found)).scalars())


async def listed(
    session: AnySession, *, after: tuple[datetime, uuid.UUID] | None, limit: int
) -> list[Restricted]:
    """Every contact that is restricted, once each, the latest first, from behind a position."""
    row = RestrictionRow
    since = func.min(row.ordered_at)
    statement = select(row.contact_id, since, func.array_agg(row.ground)).group_by(row.contact_id)
    statement = statement.where(row.state < State.LIFTED).order_by(since.desc(), row.contact_id.desc())
    if after is not None:
        statement = statement.having(tuple_(since, row.contact_id) < after)
    rows = await session.execute(statement.limit(limit))
    return [Restricted(contact, began, tuple(sorted(set(grounds)))) for contact, began, grounds in rows]


async def count(session: AnySession) -> int:
    """How many contacts are restricted."""
    counted = select(func.count(RestrictionRow.contact_id.distinct()))
    return int((await session.execute(counted.where(RestrictionRow.state < State.LIFTED))).scalar_one())


async def order(session: WriteSession, contact_id: uuid.UUID, *, at: datetime) -> None:
    """Orders what holds for a contact now. The caller is `alone`."""
    holding = [r for r in await of_contact(session, contact_id) if r.state in _HOLDING]
    values = {
        "contact_id": contact_id,
        "grounds": sorted({r.ground for r in holding}),
        "since": min((r.ordered_at for r in holding), default=at),
    }
    await session.execute(insert(RestrictionOrder).values(values))


async def open_orders(session: AnySession, contact_id: uuid.UUID | None = None) -> list[Order]:
    """Orders that not every holder has obeyed, in their order; of one contact or of all."""
    statement = select(RestrictionOrder).where(RestrictionOrder.completed_at.is_(None))
    if contact_id is not None:
        statement = statement.where(RestrictionOrder.contact_id == contact_id)
    rows = await session.execute(statement.order_by(RestrictionOrder.number))
    return [Order(r.number, r.contact_id, tuple(r.grounds), r.since) for r in rows.scalars()]


async def complete(session: WriteSession, number: int, *, at: datetime) -> bool:
    """Every holder has obeyed; false if that was noted before."""
    statement = update(RestrictionOrder).where(
        RestrictionOrder.number == number, RestrictionOrder.completed_at.is_(None)
    )
    done = await session.execute(statement.values(completed_at=at).returning(RestrictionOrder.number))
    return done.first() is not None


async def add_receipt(session: WriteSession, number: int, receipt: holder_pb2.RestrictReceipt) -> None:
    """Keeps a holder's receipt as it was signed; twice is once."""
    values = {"number": number, "holder": receipt.holder, "receipt": receipt.SerializeToString()}
    await session.execute(upsert(RestrictionReceipt).values(values).on_conflict_do_nothing())


async def signed_by(session: AnySession, number: int) -> frozenset[str]:
    """The holders that have obeyed an order."""
    statement = select(RestrictionReceipt.holder).where(RestrictionReceipt.number == number)
    return frozenset((await session.execute(statement)).scalars())


def _value(row: RestrictionRow) -> Restriction:
    values = {name: getattr(row, name) for name in _FIELDS}
    return Restriction(**{**values, "state": State(row.state)})
