"""SQL that takes rows over into contacts, in sets: whom we know, whom to add, whom to fill."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import Text, Uuid, any_, exists, func, literal, or_, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.exc import IntegrityError

from kernel.db import AnySession, WriteSession
from kernel.errors import Aborted
from services.contacts.bulk import json_row, parts, row_set, table_of
from services.contacts.imports.model import Candidate, Decision, Known
from services.contacts.organisations.tables import Organisation
from services.contacts.people.model import Person, name_key, person_values
from services.contacts.people.tables import Contact, Relation
from services.contacts.text import email_key, fold

# Files are taken over one after the other; contacts that staff create meanwhile are no obstacle.
_ALONE = text("SELECT pg_advisory_xact_lock(hashtext('contacts-import'))")
_PERSON = tuple(person_values(Person()))
_DERIVED = ("email_key", "name_key", "search_text")
_NEW_COLUMNS = ("id", "source", *_PERSON, *_DERIVED)
# Tables, not mapped classes: the ORM would take the one parameter for a row of its own.
_contact = table_of(Contact)
_new = row_set(_contact, _NEW_COLUMNS)
_ADD = (
    upsert(_contact)
    .from_select(list(_NEW_COLUMNS), select(*_new.c))
    .on_conflict_do_nothing()
    .returning(_contact.c.id)
)
_changed = row_set(_contact, ("id", *_PERSON, *_DERIVED))
_FILL = (
    update(_contact)
    .where(_contact.c.id == _changed.c.id)
    .values(
        version=_contact.c.version + 1,
        updated_at=func.now(),
        **{name: _changed.c[name] for name in (*_PERSON, *_DERIVED)},
    )
)
_RELATION_COLUMNS = ("contact_id", "position", "organisation_id", "role")
_relation = table_of(Relation)
_related = row_set(_relation, _RELATION_COLUMNS)
_RELATE = upsert(_relation).from_select(list(_RELATION_COLUMNS), select(*_related.c)).on_conflict_do_nothing()
_KNOWN = select(
    Contact.id,
    exists(select(Relation.contact_id).where(Relation.contact_id == Contact.id)),
    *(getattr(Contact, name) for name in _PERSON),
).order_by(Contact.id)


async def alone(session: WriteSession) -> None:
    """Waits until no other import is being taken over."""
    await session.execute(_ALONE)


async def known(session: AnySession, candidates: Sequence[Candidate], *, locked: bool = False) -> list[Known]:
    """Contacts that any of the rows might be."""
    people = [c.person for c in candidates]
    emails = {email_key(p.email) for p in people if p.email}
    names = {name for p in people if (name := name_key(p.given_name, p.family_name))}
    statement = _KNOWN.where(
        or_(
            Contact.email_key == any_(literal(sorted(filter(None, emails)), ARRAY(Text))),
            Contact.name_key == any_(literal(sorted(names), ARRAY(Text))),
        )
    )
    if locked:
        statement = statement.with_for_update()
    rows = await session.execute(statement)
    return [Known(contact_id, Person(*values), has_relations) for contact_id, has_relations, *values in rows]


async def add(session: WriteSession, wanted: Mapping[uuid.UUID, Decision], *, source: str) -> set[uuid.UUID]:
    """Adds contacts; answers the ids of those added. The others' addresses were taken a moment ago."""
    rows = [
        json_row({"id": i, "source": source, **person_values(p), **p.derived(_organisations(d))})
        for i, d in wanted.items()
        if (p := d.person)
    ]
    added: set[uuid.UUID] = set()
    for part in parts(rows):
        added.update((await session.execute(_ADD, {"rows": part})).scalars())
    return added


async def fill(session: WriteSession, wanted: Sequence[Decision]) -> None:
    """Writes filled contacts. Errors: Aborted if an address was taken by somebody else just now."""
    names = await _organisation_names(session, [d.contact_id for d in wanted if d.contact_id])
    rows = [
        json_row({"id": d.contact_id, **person_values(p), **p.derived(_organisations(d, names))})
        for d in wanted
        if (p := d.person)
    ]
    try:
        for part in parts(rows):
            await session.execute(_FILL, {"rows": part})
    except IntegrityError as error:
        raise Aborted(
            "Contacts of this file were changed at the same moment; commit again.", reason="IMPORT_CONTESTED"
        ) from error


async def relate(
    session: WriteSession, decisions: Sequence[Decision], organisations: Mapping[str, uuid.UUID]
) -> None:
    """Gives contacts their role in the organisation that their row names, unless they have one.

    `organisations` maps folded names to ids.
    """
    rows = [
        json_row(
            {
                "contact_id": d.contact_id,
                "position": 0,
                "organisation_id": organisations[fold(d.candidate.organisation)],
                "role": d.candidate.role,
            }
        )
        for d in decisions
    ]
    for part in parts(rows):
        await session.execute(_RELATE, {"rows": part})


async def ids_of_emails(session: AnySession, emails: Collection[str]) -> dict[str, uuid.UUID]:
    """Compared address → contact."""
    rows = await session.execute(
        select(Contact.email_key, Contact.id).where(
            Contact.email_key == any_(literal(list(emails), ARRAY(Text)))
        )
    )
    return {row.email_key: row.id for row in rows}


async def _organisation_names(
    session: AnySession, ids: Collection[uuid.UUID]
) -> dict[uuid.UUID | None, list[str]]:
    found: dict[uuid.UUID | None, list[str]] = {}
    rows = await session.execute(
        select(Relation.contact_id, Organisation.name)
        .join(Organisation, Organisation.id == Relation.organisation_id)
        .where(Relation.contact_id == any_(literal(list(ids), ARRAY(Uuid))))
    )
    for row in rows:
        found.setdefault(row.contact_id, []).append(row.name)
    return found


def _organisations(
    decision: Decision, names: Mapping[uuid.UUID | None, list[str]] | None = None
) -> list[str]:
    own = (names or {}).get(decision.contact_id)
    if own:
        return own
    return [decision.candidate.organisation] if decision.candidate.organisation else []
