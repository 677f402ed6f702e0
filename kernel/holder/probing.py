"""Probe: looks for a subject in every personal and free-text column, trusting no bookkeeping."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kontor.privacy.v1 import holder_pb2
from sqlalchemy import (
    ARRAY,
    Column,
    ColumnElement,
    String,
    Table,
    Uuid,
    func,
    or_,
    select,
)

from kernel.db import AnySession
from kernel.holder.mentions import WRITTEN
from kernel.holder.searching import Needles, may_hold, occurs_in, searched
from kernel.holder.subject import Holder, Subject, holds_any, holds_id
from kernel.holder.treatment import treatment_of
from kernel.personal import Erase, dataset_of, datasets, declaration_of


async def probe(session: AnySession, holder: Holder, subject: Subject) -> holder_pb2.ProbeResponse:
    """Counts rows per column in which the subject can still be found; never shows a value.

    One pass per table: all its columns are counted by one statement.
    """
    answer = holder_pb2.ProbeResponse(holder=holder.name)
    for table, _ in datasets(holder.metadata):
        ids, texts = list(_id_columns(table, subject)), list(_text_columns(table, subject))
        looked = [*ids, *texts]
        answer.columns_scanned += len(looked)
        if not looked:
            continue
        counts = [func.count().filter(condition).label(column.name) for column, condition in looked]
        ways = [condition for _, condition in ids]
        if texts:
            ways.append(may_hold(table, subject.addresses))
        row = (await session.execute(select(*counts).select_from(table).where(or_(*ways)))).one()
        treatment = treatment_of(table)
        for (column, _), rows in zip(looked, row, strict=True):
            if rows:
                answer.findings.add(
                    dataset=table.name, column=column.name, rows=rows, law=_law(column, treatment.law)
                )
    return answer


def _law(column: Column[Any], table_law: str) -> str:
    declared = declaration_of(column)
    if declared is None:
        return table_law
    return declared.law if declared.on_erasure is Erase.KEEP_RESTRICTED else ""


def _id_columns(table: Table, subject: Subject) -> Iterator[tuple[Column[Any], ColumnElement[bool]]]:
    """Columns with ids or with lists of words, each found by an index of its own."""
    path = dataset_of(table).subject or "->"
    own = "" if "->" in path else path.removesuffix("[]")
    for column in table.columns:
        told = declaration_of(column) is not None
        if isinstance(column.type, Uuid) and (told or column.name == own):
            yield column, column == subject.id
        elif isinstance(column.type, ARRAY) and isinstance(column.type.item_type, Uuid):
            yield column, holds_id(column, subject.id)
        elif isinstance(column.type, ARRAY) and isinstance(column.type.item_type, String) and told:
            yield column, holds_any(column, subject.addresses.words)


def _text_columns(table: Table, subject: Subject) -> Iterator[tuple[Column[Any], ColumnElement[bool]]]:
    if not subject.addresses.words:
        return
    for column in searched(table):
        yield column, occurs_in(column, _needles(table, column, subject))


def _needles(table: Table, column: Column[Any], subject: Subject) -> Needles:
    declared = declaration_of(column)
    own = dataset_of(table).subject is not None and declared is not None and declared.category not in WRITTEN
    # A household shares its telephone: in somebody else's row the number is theirs. An address is unique.
    return subject.mail_addresses if own else subject.addresses
