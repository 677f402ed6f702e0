"""All SQL of existing customers."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Uuid, any_, func, literal, select, update
from sqlalchemy.dialects.postgresql import insert

from kernel.db import AnySession, WriteSession
from services.privacy.customers.model import Notice, Objection, Sale, Sold
from services.privacy.customers.tables import CustomerObjection, CustomerSale, ObjectionNotice

# What the database holds an address by: the key's id and the hash.
Keyed = tuple[str, bytes]


async def add(session: WriteSession, sale: Sale, keyed: Keyed) -> bool:
    """Adds a sale; false if it was told before."""
    key_id, address_hash = keyed
    values: dict[str, Any] = {
        "id": sale.id,
        "contact_id": sale.contact_id,
        "key_id": key_id,
        "address_hash": address_hash,
        "category": sale.sold.category,
        "reference": sale.sold.reference,
        "sold_on": sale.sold.sold_on,
        "collected_on": sale.sold.collected_on,
        "notice_id": sale.sold.notice_id,
        "recorded_at": sale.recorded_at,
        "recorded_by": sale.recorded_by,
        "ends_on": sale.ends_on,
    }
    statement = insert(CustomerSale).values(**values).on_conflict_do_nothing()
    return (await session.execute(statement.returning(CustomerSale.id))).first() is not None


async def told(session: AnySession, sale: Sale) -> Sale:
    """The sale that stands where this one was told again."""
    table = CustomerSale
    statement = select(table).where(
        table.contact_id == sale.contact_id,
        table.reference == sale.sold.reference,
        table.category == sale.sold.category,
        table.end_reason != "mistake",
    )
    return _sale((await session.execute(statement)).scalars().one())


async def end(
    session: WriteSession, contact_id: uuid.UUID, sale_id: uuid.UUID, *, reason: str, today: date
) -> Sale | None:
    """Ends a sale that has not been ended; one that has lapsed stays lapsed since then."""
    table = CustomerSale
    statement = (
        update(table)
        .where(table.id == sale_id, table.contact_id == contact_id, table.end_reason == "")
        .values(end_reason=reason, ends_on=func.least(table.ends_on, today))
    )
    row = (await session.execute(statement.returning(table))).scalars().first()
    return _sale(row) if row is not None else None


async def of_contact(session: AnySession, contact_id: uuid.UUID) -> list[Sale]:
    """Every sale of a contact, the newest first."""
    table = CustomerSale
    statement = (
        select(table).where(table.contact_id == contact_id).order_by(table.sold_on.desc(), table.id.desc())
    )
    return [_sale(row) for row in (await session.execute(statement)).scalars()]


async def in_force(
    session: AnySession, contact_ids: Sequence[uuid.UUID], today: date
) -> dict[uuid.UUID, list[tuple[Keyed, Sale]]]:
    """What may permit a message, per contact, the newest first. One statement, however many contacts."""
    table = CustomerSale
    statement = (
        select(table)
        .where(_among(table.contact_id, contact_ids), table.ends_on > today, table.address_hash.is_not(None))
        .order_by(table.sold_on.desc(), table.id.desc())
    )
    found: dict[uuid.UUID, list[tuple[Keyed, Sale]]] = defaultdict(list)
    for row in (await session.execute(statement)).scalars():
        if row.address_hash is not None:
            found[row.contact_id].append(((row.key_id, row.address_hash), _sale(row)))
    return found


async def everybody(session: AnySession, today: date) -> frozenset[uuid.UUID]:
    """Every contact with a sale that may still permit something."""
    statement = select(CustomerSale.contact_id.distinct()).where(CustomerSale.ends_on > today)
    return frozenset((await session.execute(statement)).scalars())


async def categories(session: AnySession, today: date) -> list[tuple[str, int]]:
    """What was sold to how many customers, as far as it may still permit something."""
    table = CustomerSale
    statement = (
        select(table.category, func.count(table.contact_id.distinct()))
        .where(table.ends_on > today)
        .group_by(table.category)
        .order_by(table.category)
    )
    return [(category, many) for category, many in await session.execute(statement)]


async def note_objection(session: WriteSession, contact_id: uuid.UUID, objection: Objection) -> None:
    """The first objection stays: it is the one from which on nothing may be sent."""
    values = {"contact_id": contact_id, "method": objection.method, "objected_at": objection.objected_at}
    await session.execute(insert(CustomerObjection).values(**values).on_conflict_do_nothing())


async def objection(session: AnySession, contact_id: uuid.UUID) -> Objection | None:
    """Whether a contact has objected, when and how."""
    statement = select(CustomerObjection).where(CustomerObjection.contact_id == contact_id)
    row = (await session.execute(statement)).scalars().first()
    return Objection(row.objected_at, row.method) if row is not None else None


async def objected(session: AnySession, contact_ids: Sequence[uuid.UUID]) -> frozenset[uuid.UUID]:
    """Which of these have objected."""
    table = CustomerObjection
    statement = select(table.contact_id).where(_among(table.contact_id, contact_ids))
    return frozenset((await session.execute(statement)).scalars())


async def add_notice(session: WriteSession, notice: Notice) -> Notice:
    """A notice as the next version of its language."""
    table = ObjectionNotice
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtext("objection-notice"))))
    newest = select(func.coalesce(func.max(table.version), 0) + 1).where(table.language == notice.language)
    statement = insert(table).values(
        id=notice.id,
        language=notice.language,
        version=newest.scalar_subquery(),
        text=notice.text,
        in_use_since=notice.in_use_since,
    )
    return _notice((await session.execute(statement.returning(table))).scalars().one())


async def notices(session: AnySession, ids: Sequence[uuid.UUID] | None = None) -> list[Notice]:
    """Every notice, or these; the newest first."""
    table = ObjectionNotice
    statement = select(table).order_by(table.in_use_since.desc(), table.version.desc(), table.language)
    if ids is not None:
        statement = statement.where(_among(table.id, ids))
    return [_notice(row) for row in (await session.execute(statement)).scalars()]


def _among(column: Any, ids: Sequence[uuid.UUID]) -> ColumnElement[bool]:
    condition: ColumnElement[bool] = column == any_(literal(list(ids), ARRAY(Uuid)))
    return condition


def _sale(row: CustomerSale) -> Sale:
    return Sale(
        id=row.id,
        contact_id=row.contact_id,
        sold=Sold(row.category, row.reference, row.sold_on, row.collected_on, row.notice_id),
        recorded_at=row.recorded_at,
        recorded_by=row.recorded_by,
        ends_on=row.ends_on,
        end_reason=row.end_reason,
    )


def _notice(row: ObjectionNotice) -> Notice:
    return Notice(row.id, row.language, row.version, row.text, row.in_use_since)
