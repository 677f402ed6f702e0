"""All SQL of imports themselves: files and their rows. What they do to contacts is in `taking`."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import CursorResult, delete, insert, select, tuple_, update

from kernel.db import AnySession, WriteSession
from services.contacts.bulk import json_row, parts, row_set, table_of
from services.contacts.imports.candidates import addresses_in
from services.contacts.imports.model import (
    COMMITTED,
    DRY_RUN,
    SUPPRESSED,
    Counts,
    Decision,
    ImportView,
    RowView,
)
from services.contacts.imports.tables import ContactImport, ImportRow

_VIEW = select(*(getattr(ContactImport, name) for name in ImportView._fields))
_ROW = select(*(getattr(ImportRow, name) for name in RowView._fields))
_ROW_COLUMNS = ("import_id", "line", "outcome", "reason", "cells", "emails", "contact_id")
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


async def find(session: AnySession, import_id: uuid.UUID) -> ImportView | None:
    """The import."""
    row = (await session.execute(_VIEW.where(ContactImport.id == import_id))).first()
    return None if row is None else ImportView._make(row)


async def lock(session: WriteSession, import_id: uuid.UUID) -> ImportView | None:
    """The import, held until the transaction ends."""
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


async def add(session: WriteSession, view: ImportView, decisions: Sequence[Decision]) -> None:
    """A new import with its rows."""
    await session.execute(insert(ContactImport).values(**view._asdict()))
    for part in parts(decisions):
        await session.execute(_ADD_ROWS, {"rows": [_row(view.id, d) for d in part]})


async def settle(
    session: WriteSession, import_id: uuid.UUID, decisions: Sequence[Decision], counts: Counts, now: datetime
) -> None:
    """What the commit did: each row's outcome and contact, the counts, the time."""
    for part in parts(decisions):
        await session.execute(_SETTLE_ROWS, {"rows": [_decided_row(import_id, d) for d in part]})
    await session.execute(
        update(ImportRow)
        .where(ImportRow.import_id == import_id, ImportRow.outcome == SUPPRESSED)
        .values(cells={}, emails=[])
    )
    await session.execute(
        update(ContactImport)
        .where(ContactImport.id == import_id)
        .values(state=COMMITTED, committed_at=now, **counts._asdict())
    )


async def forget_before(session: WriteSession, moment: datetime) -> int:
    """Deletes the rows of imports older than this, and dry runs that nobody committed."""
    old = select(ContactImport.id).where(ContactImport.created_at < moment)
    gone = await session.execute(delete(ImportRow).where(ImportRow.import_id.in_(old)))
    await session.execute(
        delete(ContactImport).where(ContactImport.created_at < moment, ContactImport.state == DRY_RUN)
    )
    return gone.rowcount if isinstance(gone, CursorResult) else 0


async def forget_imports_before(session: WriteSession, moment: datetime) -> None:
    """Deletes the records of imports older than this."""
    await session.execute(delete(ContactImport).where(ContactImport.created_at < moment))


def _row(import_id: uuid.UUID, decision: Decision) -> dict[str, Any]:
    # Nothing of a suppressed row is kept: whoever was erased must not come back through a rejected file.
    cells = {} if decision.outcome == SUPPRESSED else decision.candidate.cells
    return {**_decided_row(import_id, decision), "cells": cells, "emails": addresses_in(cells)}


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
