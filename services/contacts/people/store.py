"""All SQL of the people area: finding and writing contacts. Lists and logins have stores of their own."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import JSON, Uuid, any_, bindparam, delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import ARRAY, aggregate_order_by
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.exc import IntegrityError

from kernel.db import AnySession, WriteSession
from kernel.ids import new_id
from services.contacts.organisations.tables import Organisation
from services.contacts.people.model import (
    AddressInUse,
    ContactView,
    Person,
    Relation,
    RelationView,
    person_values,
)
from services.contacts.people.tables import Contact
from services.contacts.people.tables import Relation as RelationRow

# Roles come along in the same row: a second round trip would cost more than the whole statement.
_RELATIONS = (
    select(
        func.json_agg(
            aggregate_order_by(
                func.json_build_array(RelationRow.organisation_id, Organisation.name, RelationRow.role),
                RelationRow.position,
            ),
            type_=JSON,
        )
    )
    .join(Organisation, Organisation.id == RelationRow.organisation_id)
    .where(RelationRow.contact_id == Contact.id)
    .scalar_subquery()
)
VIEWS = select(
    Contact.id,
    Contact.version,
    Contact.salutation,
    Contact.given_name,
    Contact.family_name,
    Contact.email,
    Contact.phone,
    Contact.street,
    Contact.postal_code,
    Contact.city,
    Contact.country,
    Contact.language,
    Contact.note,
    Contact.source,
    Contact.created_at,
    Contact.updated_at,
    Contact.responsible_id,
    Contact.responsible_name,
    Contact.name_key,
    _RELATIONS.label("relations"),
)
# Built once: this is the statement that the service runs most.
_FIND = VIEWS.where(Contact.id == bindparam("id"))
_FIND_MANY = VIEWS.where(Contact.id == any_(bindparam("ids", type_=ARRAY(Uuid))))
_LOCK = select(Contact.id).where(Contact.id == bindparam("id")).with_for_update()
_BY_EMAIL = select(Contact.id).where(Contact.email_key == bindparam("email_key"))


async def find(session: AnySession, contact_id: uuid.UUID) -> ContactView | None:
    """The contact with its roles, by one statement."""
    row = (await session.execute(_FIND, {"id": contact_id})).first()
    return None if row is None else ContactView._make(row)


async def find_many(session: AnySession, ids: Collection[uuid.UUID]) -> list[ContactView]:
    """Those of the ids that exist, in any order."""
    rows = await session.execute(_FIND_MANY, {"ids": list(ids)})
    return [ContactView._make(row) for row in rows]


async def lock(session: WriteSession, contact_id: uuid.UUID) -> bool:
    """Holds the contact until the transaction ends; false if there is none."""
    return (await session.execute(_LOCK, {"id": contact_id})).first() is not None


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
        }
        for position, relation in enumerate(relations)
    ]
    if rows:
        await session.execute(insert(RelationRow), rows)


def relations_of(view: ContactView) -> list[RelationView]:
    """The roles that came along with a contact."""
    return [RelationView._make(entry) for entry in view.relations or ()]
