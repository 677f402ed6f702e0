"""SQL of lists: filters, search that forgives typing errors, capped counts, keyset pages."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, and_, func, literal, or_, select, tuple_

from kernel.db import AnySession
from kernel.errors import InvalidArgument
from services.contacts.people.model import ContactView
from services.contacts.people.store import VIEWS
from services.contacts.people.tables import Contact, Relation
from services.contacts.text import fold, like_pattern, search_words

COUNTED_TO = 1_000
# Trigrams of shorter words match anything.
_FUZZY_FROM = 4


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which contacts; empty fields do not restrict."""

    query: str = ""
    city: str = ""
    country: str = ""
    language: str = ""
    organisation_id: uuid.UUID | None = None
    source: str = ""
    with_email: bool = False


class PageGone(InvalidArgument):
    """The contact on which the page before ended does not exist any more."""

    def __init__(self) -> None:
        super().__init__(
            "The list has changed where this page begins; start again without the token.",
            violations={"page_token": "continues after a contact that is gone"},
        )


async def page(
    session: AnySession, wanted: Wanted, *, newest_first: bool, after: uuid.UUID | None, limit: int
) -> list[ContactView]:
    """One page by name, or newest first: ids are UUIDv7, so their order is that of creation.

    Errors: PageGone.
    """
    statement = VIEWS.where(*_conditions(wanted)).limit(limit)
    if newest_first:
        statement = statement.order_by(Contact.id.desc())
        if after is not None:
            statement = statement.where(Contact.id < after)
    else:
        statement = statement.order_by(Contact.name_key, Contact.id)
        if after is not None:
            name_key = await _name_key(session, after)
            statement = statement.where(tuple_(Contact.name_key, Contact.id) > (name_key, after))
    return [ContactView._make(row) for row in await session.execute(statement)]


async def count(session: AnySession, wanted: Wanted) -> int:
    """How many there are, counted to one more than `COUNTED_TO`."""
    some = select(literal(1)).select_from(Contact).where(*_conditions(wanted)).limit(COUNTED_TO + 1)
    counted: Select[tuple[int]] = select(func.count()).select_from(some.subquery())
    return (await session.execute(counted)).scalar_one()


async def ids(session: AnySession, wanted: Wanted, *, after: uuid.UUID | None, limit: int) -> list[uuid.UUID]:
    """Ids only, oldest first."""
    statement = select(Contact.id).where(*_conditions(wanted)).order_by(Contact.id).limit(limit)
    if after is not None:
        statement = statement.where(Contact.id > after)
    return list((await session.execute(statement)).scalars())


async def _name_key(session: AnySession, contact_id: uuid.UUID) -> str:
    # Page tokens end up in addresses and logs, so they hold the id and never the name.
    found = (await session.execute(select(Contact.name_key).where(Contact.id == contact_id))).scalar()
    if found is None:
        raise PageGone
    return found


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.query.strip():
        found.append(_matches(wanted.query))
    if wanted.city:
        found.append(func.lower(Contact.city) == wanted.city.lower())
    if wanted.country:
        found.append(Contact.country == wanted.country.upper())
    if wanted.language:
        found.append(Contact.language == wanted.language)
    if wanted.source:
        found.append(Contact.source == wanted.source)
    if wanted.organisation_id is not None:
        of = select(Relation.contact_id).where(Relation.organisation_id == wanted.organisation_id)
        found.append(Contact.id.in_(of))
    if wanted.with_email:
        found.append(Contact.email_key.is_not(None))
    return found


def _matches(query: str) -> ColumnElement[bool]:
    """All words somewhere, or the whole query similar to some of the text."""
    words = search_words(query)
    literally = and_(*(Contact.search_text.like(like_pattern(word)) for word in words))
    whole = fold(query)
    # An address is exact: addresses of one domain resemble one another, and none of them is the one asked for.
    if len(whole) < _FUZZY_FROM or "@" in query or whole.replace(" ", "").lstrip("+").isdecimal():
        return literally
    return or_(literally, Contact.search_text.op("%>", is_comparison=True)(whole))
