"""Probe: looks for a subject in every personal and free-text column, trusting no bookkeeping."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from kontor.privacy.v1 import holder_pb2
from sqlalchemy import (
    ARRAY,
    Column,
    ColumnElement,
    Table,
    Uuid,
    func,
    or_,
    select,
)

from kernel.db import AnySession
from kernel.holder.mentions import WRITTEN
from kernel.holder.searching import occurs_in
from kernel.holder.subject import Holder, Subject, holds_id
from kernel.holder.treatment import treatment_of
from kernel.personal import Erase, dataset_of, datasets, declaration_of


async def probe(session: AnySession, holder: Holder, subject: Subject) -> holder_pb2.ProbeResponse:
    """Counts rows per column in which the subject can still be found; never shows a value.

    One pass per table: all its columns are counted by one statement.
    """
    answer = holder_pb2.ProbeResponse(holder=holder.name)
    for table, _ in datasets(holder.metadata):
        looked = list(_columns(table, subject))
        answer.columns_scanned += len(looked)
        if not looked:
            continue
        counts = [func.count().filter(condition).label(column.name) for column, condition in looked]
        any_of = or_(*(condition for _, condition in looked))
        row = (await session.execute(select(*counts).select_from(table).where(any_of))).one()
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


def _columns(table: Table, subject: Subject) -> Iterator[tuple[Column[Any], ColumnElement[bool]]]:
    ids = _subject_columns(table)
    for column in table.columns:
        if isinstance(column.type, Uuid):
            if column.name in ids or declaration_of(column) is not None:
                yield column, column == subject.id
        elif isinstance(column.type, ARRAY) and isinstance(column.type.item_type, Uuid):
            yield column, holds_id(column, subject.id)
        elif declaration_of(column) is not None:
            condition = occurs_in(column, _needles(table, column, subject))
            if condition is not None:
                yield column, condition


def _needles(table: Table, column: Column[Any], subject: Subject) -> Sequence[str]:
    declared = declaration_of(column)
    own = dataset_of(table).subject is not None and declared is not None and declared.category not in WRITTEN
    # A household shares its telephone: in somebody else's row the number is theirs. An address is unique.
    return subject.emails if own else subject.addresses


def _subject_columns(table: Table) -> frozenset[str]:
    path = dataset_of(table).subject
    return frozenset() if path is None or "->" in path else frozenset({path.removesuffix("[]")})
