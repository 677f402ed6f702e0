"""All SQL of the organisations area."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Select, exists, func, insert, select, tuple_, update

from kernel.db import AnySession, WriteSession
from kernel.ids import new_id
from services.contacts.organisations.model import OrganisationView
from services.contacts.organisations.tables import Organisation
from services.contacts.people.tables import Relation
from services.contacts.text import fold, like_pattern


def _views() -> Select[Any]:
    count = (
        select(func.count(Relation.contact_id.distinct()))
        .where(Relation.organisation_id == Organisation.id)
        .scalar_subquery()
    )
    return select(
        Organisation.id,
        Organisation.name,
        Organisation.website,
        Organisation.city,
        Organisation.created_at,
        count,
        Organisation.name_key,
    )


async def find(session: AnySession, organisation_id: uuid.UUID) -> OrganisationView | None:
    """The organisation with how many contacts it has."""
    row = (await session.execute(_views().where(Organisation.id == organisation_id))).first()
    return None if row is None else OrganisationView._make(row)


async def page(
    session: AnySession, words: Iterable[str], *, after: tuple[str, uuid.UUID] | None, limit: int
) -> list[OrganisationView]:
    """Organisations by name whose names contain all words."""
    statement = _views().order_by(Organisation.name_key, Organisation.id).limit(limit)
    for word in words:
        statement = statement.where(Organisation.name_key.like(like_pattern(word)))
    if after is not None:
        statement = statement.where(tuple_(Organisation.name_key, Organisation.id) > after)
    return [OrganisationView._make(row) for row in await session.execute(statement)]


async def add(session: WriteSession, *, name: str, website: str = "", city: str = "") -> uuid.UUID:
    """A new organisation."""
    organisation_id = new_id()
    await session.execute(
        insert(Organisation).values(
            id=organisation_id, name=name, name_key=fold(name), website=website, city=city
        )
    )
    return organisation_id


async def names_of(session: AnySession, ids: Collection[uuid.UUID]) -> dict[uuid.UUID, str]:
    """Names of those of the ids that exist."""
    if not ids:
        return {}
    rows = await session.execute(select(Organisation.id, Organisation.name).where(Organisation.id.in_(ids)))
    return {row.id: row.name for row in rows}


async def ensure_all(session: WriteSession, names: Collection[str]) -> dict[str, uuid.UUID]:
    """Finds organisations by folded name and adds the missing ones; folded name → id.

    Callers hold the lock of imports, so that two files do not add the same organisation.
    """
    wanted = {fold(name): name for name in names if fold(name)}
    if not wanted:
        return {}
    rows = await session.execute(
        select(Organisation.name_key, Organisation.id).where(Organisation.name_key.in_(wanted))
    )
    found: dict[str, uuid.UUID] = {row.name_key: row.id for row in rows}
    missing = [{"id": new_id(), "name": n, "name_key": k} for k, n in wanted.items() if k not in found]
    if missing:
        await session.execute(insert(Organisation), missing)
    return found | {str(m["name_key"]): uuid.UUID(str(m["id"])) for m in missing}


async def note_unrelated(session: WriteSession, now: datetime) -> None:
    """Notes since when an organisation has no relation, and forgets it where there is one again."""
    related = exists().where(Relation.organisation_id == Organisation.id)
    since = Organisation.unrelated_since
    await session.execute(update(Organisation).where(since.is_(None), ~related).values(unrelated_since=now))
    await session.execute(
        update(Organisation).where(since.is_not(None), related).values(unrelated_since=None)
    )
