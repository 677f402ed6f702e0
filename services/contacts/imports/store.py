"""All SQL of imports: files, their rows, and taking rows over into contacts, in sets."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Text,
    Uuid,
    any_,
    delete,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    text,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.exc import IntegrityError

from kernel.db import AnySession, WriteSession
from kernel.errors import Aborted
from kernel.restriction import unrestricted
from services.contacts.bulk import json_row, parts, row_set, table_of
from services.contacts.imports.candidates import addresses_in
from services.contacts.imports.model import (
    COMMITTED,
    SUPPRESSED,
    Candidate,
    Counts,
    Decision,
    ImportView,
    Known,
    RowView,
)
from services.contacts.imports.tables import ContactImport, ImportRow
from services.contacts.organisations.tables import Organisation
from services.contacts.people.model import Person, name_key, person_values
from services.contacts.people.tables import Contact, Relation
from services.contacts.text import email_key, fold

# Contact → names of its organisations.
_Names = dict[uuid.UUID | None, list[str]]
_VIEW = select(*(getattr(ContactImport, name) for name in ImportView._fields))
_ROW = select(*(getattr(ImportRow, name) for name in RowView._fields))
_ROW_COLUMNS = ("import_id", "line", "outcome", "reason", "cells", "email_key", "emails", "contact_id")
# Tables, not mapped classes: the ORM would take the one parameter for a row of its own.
_rows = table_of(ImportRow)
_given = row_set(_rows, _ROW_COLUMNS)
_ADD_ROWS = insert(_rows).from_select(list(_ROW_COLUMNS), select(*_given.c))
_DECIDED_COLUMNS = ("import_id", "line", "outcome", "reason", "contact_id")
_decided = row_set(_rows, _DECIDED_COLUMNS)
_SETTLE_ROWS = (
    update(_rows)
    .where(_rows.c.import_id == _decided.c.import_id, _rows.c.line == _decided.c.line)
    .values({name: _decided.c[name] for name in _DECIDED_COLUMNS[2:]})
)
# Files are taken over one after the other; contacts that staff create meanwhile are no obstacle.
_ALONE = text("SELECT pg_advisory_xact_lock(hashtext('contacts-import'))")
# Who waits longer for a big file is told to come again, before the time of the statement is over.
_PATIENCE = text("SET LOCAL lock_timeout = '10s'")
_PERSON = tuple(person_values(Person()))
_DERIVED = ("email_key", "name_key", "search_text")
_NEW_COLUMNS = ("id", "source", *_PERSON, *_DERIVED)
_contact = table_of(Contact)
_new = row_set(_contact, _NEW_COLUMNS)
_ADD_CONTACTS = (
    upsert(_contact)
    .from_select(list(_NEW_COLUMNS), select(*_new.c))
    .on_conflict_do_nothing()
    .returning(_contact.c.id)
)
_changed = row_set(_contact, ("id", *_PERSON, *_DERIVED))
_FILL_CONTACTS = (
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
    ~unrestricted(Contact.id),
    *(getattr(Contact, name) for name in _PERSON),
).order_by(Contact.id)


async def find(session: AnySession, import_id: uuid.UUID) -> ImportView | None:
    """The import."""
    row = (await session.execute(_VIEW.where(ContactImport.id == import_id))).first()
    return None if row is None else ImportView._make(row)


async def lock(session: WriteSession, import_id: uuid.UUID) -> ImportView | None:
    """The import, held until the transaction ends.

    Errors: Aborted if that takes long, as every later wait in this transaction.
    """
    await session.execute(_PATIENCE)
    statement = _VIEW.where(ContactImport.id == import_id).with_for_update()
    row = (await session.execute(statement)).first()
    return None if row is None else ImportView._make(row)


async def page(session: AnySession, *, after: uuid.UUID | None, limit: int) -> list[ImportView]:
    """Imports, newest first."""
    statement = _VIEW.order_by(ContactImport.id.desc()).limit(limit)
    if after is not None:
        statement = statement.where(ContactImport.id < after)
    return [ImportView._make(row) for row in await session.execute(statement)]


async def rows(
    session: AnySession, import_id: uuid.UUID, *, outcomes: Collection[int], after: int, limit: int | None
) -> list[RowView]:
    """Rows by line after this one; all outcomes if none is named."""
    statement = _ROW.where(
        tuple_(ImportRow.import_id, ImportRow.line) > (import_id, after), ImportRow.import_id == import_id
    )
    if outcomes:
        statement = statement.where(ImportRow.outcome.in_(outcomes))
    statement = statement.order_by(ImportRow.line).limit(limit)
    return [RowView._make(row) for row in await session.execute(statement)]


async def lines(session: AnySession, import_id: uuid.UUID) -> frozenset[int]:
    """The lines that the import still has."""
    found = await session.execute(select(ImportRow.line).where(ImportRow.import_id == import_id))
    return frozenset(found.scalars())


async def add(session: WriteSession, view: ImportView, decisions: Sequence[Decision]) -> None:
    """A new import with its rows."""
    await session.execute(insert(ContactImport).values(**view._asdict()))
    await add_rows(session, view.id, decisions)


async def add_rows(session: WriteSession, import_id: uuid.UUID, decisions: Sequence[Decision]) -> None:
    """Rows of an import; those that an erasure took away come back without their content."""
    for part in parts(decisions):
        rows = await asyncio.to_thread(_rows_of, import_id, part)
        await session.execute(_ADD_ROWS, {"rows": rows})


async def settle(
    session: WriteSession, import_id: uuid.UUID, decisions: Sequence[Decision], counts: Counts, now: datetime
) -> None:
    """What the commit did: each row's outcome and contact, the counts, the time."""
    for part in parts(decisions):
        await session.execute(_SETTLE_ROWS, {"rows": [_decided_row(import_id, d) for d in part]})
    await session.execute(
        update(ImportRow)
        .where(ImportRow.import_id == import_id, ImportRow.outcome == SUPPRESSED)
        .values(cells={}, email_key="", emails=[])
    )
    await session.execute(
        update(ContactImport)
        .where(ContactImport.id == import_id)
        .values(state=COMMITTED, committed_at=now, **counts._asdict())
    )


async def discard(session: WriteSession, import_id: uuid.UUID) -> None:
    """Deletes the import; its rows go with it."""
    await session.execute(delete(ContactImport).where(ContactImport.id == import_id))


async def alone(session: WriteSession) -> None:
    """Waits until no other import is being taken over. Errors: Aborted if that takes long, as for `lock`."""
    await session.execute(_ALONE)


async def known_contacts(
    session: AnySession, candidates: Sequence[Candidate], *, locked: bool = False
) -> list[Known]:
    """Contacts that any of the rows might be."""
    emails, names = await asyncio.to_thread(_keys, candidates)
    statement = _KNOWN.where(
        or_(
            Contact.email_key == any_(literal(emails, ARRAY(Text))),
            Contact.name_key == any_(literal(names, ARRAY(Text))),
        )
    )
    if locked:
        statement = statement.with_for_update(key_share=True)
    rows = await session.execute(statement)
    return [
        Known(contact_id, Person(*values), has_relations, restricted)
        for contact_id, has_relations, restricted, *values in rows
    ]


async def add_contacts(
    session: WriteSession, wanted: Mapping[uuid.UUID, Decision], *, source: str
) -> set[uuid.UUID]:
    """Adds contacts; answers the ids of those added. The others' addresses were taken a moment ago."""
    added: set[uuid.UUID] = set()
    for part in parts(list(wanted.items())):
        rows = await asyncio.to_thread(_people_rows, part, {}, source=source)
        added.update((await session.execute(_ADD_CONTACTS, {"rows": rows})).scalars())
    return added


async def fill_contacts(session: WriteSession, wanted: Sequence[Decision]) -> None:
    """Writes filled contacts. Errors: Aborted if an address was taken by somebody else just now."""
    names = await _organisation_names(session, [d.contact_id for d in wanted if d.contact_id])
    try:
        for part in parts([(d.contact_id, d) for d in wanted]):
            rows = await asyncio.to_thread(_people_rows, part, names)
            await session.execute(_FILL_CONTACTS, {"rows": rows})
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


async def _organisation_names(session: AnySession, ids: Collection[uuid.UUID]) -> _Names:
    found: _Names = {}
    rows = await session.execute(
        select(Relation.contact_id, Organisation.name)
        .join(Organisation, Organisation.id == Relation.organisation_id)
        .where(Relation.contact_id == any_(literal(list(ids), ARRAY(Uuid))))
    )
    for row in rows:
        found.setdefault(row.contact_id, []).append(row.name)
    return found


# --- rows of files: pure, and for a thread, because a file has tens of thousands -----------------


def _keys(candidates: Sequence[Candidate]) -> tuple[list[str], list[str]]:
    people = [c.person for c in candidates]
    emails = {key for p in people if (key := email_key(p.email))}
    names = {name for p in people if (name := name_key(p.given_name, p.family_name))}
    return sorted(emails), sorted(names)


def _people_rows(
    decided: Sequence[tuple[uuid.UUID | None, Decision]], names: _Names, **columns: str
) -> list[dict[str, Any]]:
    return [
        json_row({"id": i, **columns, **person_values(p), **p.derived(_organisations(d, names))})
        for i, d in decided
        if (p := d.person)
    ]


def _organisations(decision: Decision, names: _Names) -> list[str]:
    own = names.get(decision.contact_id)
    if own:
        return own
    return [decision.candidate.organisation] if decision.candidate.organisation else []


def _rows_of(import_id: uuid.UUID, decisions: Sequence[Decision]) -> list[dict[str, Any]]:
    return [_row(import_id, decision) for decision in decisions]


def _row(import_id: uuid.UUID, decision: Decision) -> dict[str, Any]:
    # Nothing of a suppressed row is kept: whoever was erased must not come back through a rejected file.
    cells = {} if decision.outcome == SUPPRESSED else decision.candidate.cells
    own = (email_key(decision.candidate.person.email) if cells else None) or ""
    return {
        **_decided_row(import_id, decision),
        "cells": cells,
        "email_key": own,
        "emails": addresses_in(cells),
    }


def _decided_row(import_id: uuid.UUID, decision: Decision) -> dict[str, Any]:
    return json_row(
        {
            "import_id": import_id,
            "line": decision.candidate.line,
            "outcome": decision.outcome,
            "reason": decision.reason,
            "contact_id": None if decision.outcome == SUPPRESSED else decision.contact_id,
        }
    )
