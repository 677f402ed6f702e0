"""All SQL of the people area: contacts, their lists, their roles."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import (
    JSON,
    ColumnElement,
    Select,
    Text,
    Uuid,
    and_,
    any_,
    bindparam,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, aggregate_order_by
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import aliased

from kernel.db import AnySession, WriteSession
from kernel.ids import new_id
from kernel.restriction import unrestricted
from kernel.rpc.rows import Rows
from services.contacts.bulk import table_of
from services.contacts.organisations.tables import Organisation
from services.contacts.people.model import (
    AddressInUse,
    Colleague,
    ContactView,
    PageGone,
    Person,
    Relation,
    RelationView,
    Wanted,
    person_values,
)
from services.contacts.people.tables import Contact
from services.contacts.people.tables import Relation as RelationRow
from services.contacts.text import fold, like_pattern, search_words

# Tables' columns, not mapped attributes: the ORM would treble what a read costs.
_contact = table_of(Contact).c
_role = table_of(RelationRow).c
_organisation = table_of(Organisation).c
# Roles come along in the same row: a second round trip would cost more than the whole statement.
_RELATIONS = (
    select(
        func.json_agg(
            aggregate_order_by(
                func.json_build_array(_role.organisation_id, _organisation.name, _role.role, _role.shared),
                _role.position,
            ),
            type_=JSON,
        )
    )
    .join(table_of(Organisation), _organisation.id == _role.organisation_id)
    .where(_role.contact_id == _contact.id)
    .scalar_subquery()
)
VIEWS = select(
    _contact.id,
    _contact.version,
    _contact.salutation,
    _contact.given_name,
    _contact.family_name,
    _contact.email,
    _contact.phone,
    _contact.street,
    _contact.postal_code,
    _contact.city,
    _contact.country,
    _contact.language,
    _contact.note,
    _contact.source,
    _contact.created_at,
    _contact.updated_at,
    _contact.responsible_id,
    _contact.responsible_name,
    _contact.name_key,
    func.coalesce(_contact.team, "").label("team"),
    _RELATIONS.label("relations"),
)
# Built once: this is the statement that the service runs most.
_FIND = VIEWS.where(_contact.id == bindparam("id"))
_FIND_MANY = VIEWS.where(_contact.id == any_(bindparam("ids", type_=ARRAY(Uuid))))
_LOCK = select(_contact.id).where(_contact.id == bindparam("id")).with_for_update()
_ADDRESSES = (
    select(_contact.id, _contact.email_key, _contact.phone)
    .where(
        or_(
            _contact.id == bindparam("id"), _contact.email_key == any_(bindparam("emails", type_=ARRAY(Text)))
        )
    )
    .with_for_update()
)
_BY_EMAIL = select(_contact.id).where(_contact.email_key == bindparam("email_key"))

COUNTED_TO = 1_000
# Trigrams of shorter words match anything.
_FUZZY_FROM = 4


async def find(session: AnySession, contact_id: uuid.UUID) -> ContactView | None:
    """The contact with its roles, by one statement."""
    row = (await session.execute(_FIND, {"id": contact_id})).first()
    return None if row is None else ContactView._make(row)


async def find_many(session: AnySession, ids: Collection[uuid.UUID]) -> list[ContactView]:
    """Those of the ids that exist, in any order."""
    rows = await session.execute(_FIND_MANY, {"ids": list(ids)})
    return [ContactView._make(row) for row in rows]


async def find_many_within(session: AnySession, ids: Collection[uuid.UUID], rows: Rows) -> list[ContactView]:
    """The same, of those that somebody reaches."""
    found = await session.execute(_FIND_MANY.where(within(rows)), {"ids": list(ids)})
    return [ContactView._make(row) for row in found]


async def lock(session: WriteSession, contact_id: uuid.UUID) -> bool:
    """Holds the contact until the transaction ends; false if there is none."""
    return (await session.execute(_LOCK, {"id": contact_id})).first() is not None


async def lock_addresses(
    session: WriteSession, contact_id: uuid.UUID, emails: Collection[str]
) -> list[tuple[uuid.UUID, str, str]]:
    """Holds the contact and whoever has one of these (compared) addresses: id, compared address, phone."""
    rows = await session.execute(_ADDRESSES, {"id": contact_id, "emails": list(emails)})
    return [(row.id, row.email_key or "", row.phone) for row in rows]


async def id_of_email(session: AnySession, email_key: str) -> uuid.UUID | None:
    """The contact with this address."""
    return (await session.execute(_BY_EMAIL, {"email_key": email_key})).scalar()


async def add(
    session: WriteSession, person: Person, *, source: str, organisations: Collection[str] = ()
) -> uuid.UUID | None:
    """A new contact; None if another one has its address, also one that is being committed just now."""
    values = person_values(person) | person.derived(organisations)
    statement = upsert(Contact).values(id=new_id(), source=source, **values)
    added = await session.execute(statement.on_conflict_do_nothing().returning(Contact.id))
    return added.scalar()


async def change(
    session: WriteSession, contact_id: uuid.UUID, person: Person, *, organisations: Collection[str]
) -> None:
    """Writes all the person's fields, and a new version. Errors: AddressInUse."""
    statement = (
        update(Contact)
        .where(Contact.id == contact_id)
        .values(
            version=Contact.version + 1,
            updated_at=func.now(),
            **person_values(person),
            **person.derived(organisations),
        )
    )
    try:
        await session.execute(statement)
    except IntegrityError as error:
        # The address is the only thing about a contact that has to be unique.
        raise AddressInUse from error


async def set_relations(session: WriteSession, contact_id: uuid.UUID, relations: Sequence[Relation]) -> None:
    """Replaces the contact's roles, in this order."""
    await session.execute(delete(RelationRow).where(RelationRow.contact_id == contact_id))
    rows: list[dict[str, Any]] = [
        {
            "contact_id": contact_id,
            "position": position,
            "organisation_id": relation.organisation_id,
            "role": relation.role,
            "shared": relation.shared,
        }
        for position, relation in enumerate(relations)
    ]
    if rows:
        await session.execute(insert(RelationRow), rows)


def relations_of(view: ContactView) -> list[RelationView]:
    """The roles that came along with a contact."""
    return [RelationView._make(entry) for entry in view.relations or ()]


async def page(
    session: AnySession,
    wanted: Wanted,
    rows: Rows,
    *,
    newest_first: bool,
    after: uuid.UUID | None,
    limit: int,
) -> list[ContactView]:
    """One page by name, or newest first: ids are UUIDv7, so their order is that of creation.

    Errors: PageGone.
    """
    statement = VIEWS.where(*_conditions(wanted), within(rows)).limit(limit)
    if newest_first:
        statement = statement.order_by(_contact.id.desc())
        if after is not None:
            statement = statement.where(_contact.id < after)
    else:
        statement = statement.order_by(_contact.name_key, _contact.id)
        if after is not None:
            name_key = await _name_key(session, after)
            statement = statement.where(tuple_(_contact.name_key, _contact.id) > (name_key, after))
    return [ContactView._make(row) for row in await session.execute(statement)]


async def count(session: AnySession, wanted: Wanted, rows: Rows) -> int:
    """How many there are, counted to one more than `COUNTED_TO`."""
    conditions = (*_conditions(wanted), within(rows))
    some = select(literal(1)).select_from(table_of(Contact)).where(*conditions).limit(COUNTED_TO + 1)
    counted: Select[tuple[int]] = select(func.count()).select_from(some.subquery())
    return (await session.execute(counted)).scalar_one()


async def ids(session: AnySession, wanted: Wanted, *, after: uuid.UUID | None, limit: int) -> list[uuid.UUID]:
    """Ids only, oldest first."""
    chosen = (*_conditions(wanted), unrestricted(_contact.id))
    statement = select(_contact.id).where(*chosen).order_by(_contact.id).limit(limit)
    if after is not None:
        statement = statement.where(_contact.id > after)
    return list((await session.execute(statement)).scalars())


async def _name_key(session: AnySession, contact_id: uuid.UUID) -> str:
    # Page tokens end up in addresses and logs, so they hold the id and never the name.
    found = (await session.execute(select(_contact.name_key).where(_contact.id == contact_id))).scalar()
    if found is None:
        raise PageGone
    return str(found)


def within(rows: Rows) -> ColumnElement[bool]:
    """Contacts that somebody reaches."""
    return rows.condition(contact=_contact.id, team=_contact.team, responsible=_contact.responsible_id)


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.query.strip():
        found.append(_matches(wanted.query, _contact.search_text))
        if wanted.blind_to_phone:
            # The first condition finds by its index; this one takes out whom only the number has found.
            found.append(_matches(wanted.query, func.replace(_contact.search_text, _contact.phone, "")))
    if wanted.city:
        found.append(func.lower(_contact.city) == wanted.city.lower())
    if wanted.country:
        found.append(_contact.country == wanted.country.upper())
    if wanted.language:
        found.append(_contact.language == wanted.language)
    if wanted.source:
        found.append(_contact.source == wanted.source)
    if wanted.organisation_id is not None:
        of = select(_role.contact_id).where(_role.organisation_id == wanted.organisation_id)
        found.append(_contact.id.in_(of))
    if wanted.with_email:
        found.append(_contact.email_key.is_not(None))
    if found:
        # Who lists everybody sees that the person is there; nobody finds the person by what must not be read.
        found.append(unrestricted(_contact.id))
    return found


def _matches(query: str, within: ColumnElement[str]) -> ColumnElement[bool]:
    """All words somewhere, or the whole query similar to some of the text."""
    words = search_words(query)
    literally = and_(*(within.like(like_pattern(word)) for word in words))
    whole = fold(query)
    # An address is exact: addresses of one domain resemble one another, and none of them is the one asked for.
    if len(whole) < _FUZZY_FROM or "@" in query or whole.replace(" ", "").lstrip("+").isdecimal():
        return literally
    return or_(literally, within.op("%>", is_comparison=True)(whole))


async def colleagues(session: AnySession, contact_id: uuid.UUID, *, limit: int) -> list[Colleague]:
    """Contacts that share an organisation with this one, where both relations say so; by name."""
    mine, theirs = aliased(RelationRow), aliased(RelationRow)
    shared = (
        select(theirs.contact_id)
        .join(mine, mine.organisation_id == theirs.organisation_id)
        .where(mine.contact_id == contact_id, mine.shared, theirs.shared, theirs.contact_id != contact_id)
    )
    found = select(_contact.id, _contact.given_name, _contact.family_name).where(_contact.id.in_(shared))
    rows = await session.execute(found.order_by(_contact.name_key, _contact.id).limit(limit))
    return [Colleague(row.id, f"{row.given_name} {row.family_name}".strip()) for row in rows]
