"""All SQL of people without a basis."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    TableValuedAlias,
    Text,
    Uuid,
    column,
    delete,
    func,
    literal,
    select,
    tuple_,
)
from sqlalchemy.dialects.postgresql import ARRAY, TIMESTAMP, insert

from kernel.db import AnySession, WriteSession
from services.privacy.bases.model import Person, Wanted, Without, kind_of
from services.privacy.bases.tables import BasisSurvey, WithoutBasis

_ONLY = 1


async def keep(session: WriteSession, found: Sequence[tuple[Person, str]], *, at: datetime) -> None:
    """Replaces what was found before; who is found again stays found since then. As many statements for any number."""
    number = await _begin(session, at)
    given = _rows(found)
    columns = ("contact_id", "why", "source", "created_at", "found_at", "survey")
    rows = select(
        given.c.contact_id,
        given.c.why,
        given.c.source,
        given.c.created_at,
        literal(at, TIMESTAMP(timezone=True)),
        literal(number, BigInteger),
    )
    statement = insert(WithoutBasis).from_select(columns, rows)
    new: Any = statement.excluded
    kept = {"why": new.why, "source": new.source, "survey": new.survey}
    await session.execute(statement.on_conflict_do_update(index_elements=["contact_id"], set_=kept))
    await session.execute(delete(WithoutBasis).where(WithoutBasis.survey != number))


async def _begin(session: WriteSession, at: datetime) -> int:
    """The number of a new survey; two at once come one after the other."""
    statement = insert(BasisSurvey).values(id=_ONLY, number=1, surveyed_at=at)
    next_one = {"number": BasisSurvey.number + 1, "surveyed_at": statement.excluded.surveyed_at}
    upsert = statement.on_conflict_do_update(index_elements=["id"], set_=next_one)
    return int((await session.execute(upsert.returning(BasisSurvey.number))).scalar_one())


def _rows(found: Sequence[tuple[Person, str]]) -> TableValuedAlias:
    """As a table: four parameters, however many people."""
    return (
        func.unnest(
            literal([person.contact_id for person, _ in found], ARRAY(Uuid)),
            literal([why for _, why in found], ARRAY(Text)),
            literal([kind_of(person.source) for person, _ in found], ARRAY(Text)),
            literal([person.created_at for person, _ in found], ARRAY(TIMESTAMP(timezone=True))),
        )
        .table_valued(
            column("contact_id", Uuid),
            column("why", Text),
            column("source", Text),
            column("created_at", TIMESTAMP(timezone=True)),
        )
        .render_derived()
    )


async def surveyed_at(session: AnySession) -> datetime | None:
    """When everybody was asked the last time."""
    return (await session.execute(select(BasisSurvey.surveyed_at))).scalars().first()


async def listed(
    session: AnySession, wanted: Wanted, *, after: tuple[datetime, uuid.UUID] | None, limit: int
) -> list[Without]:
    """Those created last come first, from behind a position."""
    row, conditions = WithoutBasis, _conditions(wanted)
    if wanted.why:
        conditions.append(row.why == wanted.why)
    if after is not None:
        conditions.append(tuple_(row.created_at, row.contact_id) < after)
    statement = select(row).where(*conditions).order_by(row.created_at.desc(), row.contact_id.desc())
    found = (await session.execute(statement.limit(limit))).scalars()
    return [Without(Person(r.contact_id, r.created_at, r.source), r.why, r.found_at) for r in found]


async def counted(session: AnySession, wanted: Wanted) -> dict[str, int]:
    """How many by what has become of their last consent, the most first."""
    row, many = WithoutBasis, func.count().label("many")
    statement = select(row.why, many).where(*_conditions(wanted)).group_by(row.why)
    found = await session.execute(statement.order_by(many.desc(), row.why))
    return {each.why: each.many for each in found}


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    row = WithoutBasis
    conditions: list[ColumnElement[bool]] = []
    if wanted.source:
        conditions.append(row.source == wanted.source)
    if wanted.since is not None:
        conditions.append(row.created_at >= wanted.since)
    if wanted.until is not None:
        conditions.append(row.created_at < wanted.until)
    return conditions
