"""Describe and Collect: what is held at all, and what is held about a subject."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from datetime import date, datetime
from typing import Any

from kontor.privacy.v1 import holder_pb2
from sqlalchemy import Row, Table, select

from kernel.clock import to_timestamp
from kernel.db import AnySession
from kernel.holder.subject import Holder, Subject, has_subjects, rows_about
from kernel.personal import Dataset, Personal, dataset_of, datasets, declaration_of, subject_columns

_FETCH = 500


def describe(holder: Holder) -> holder_pb2.DescribeResponse:
    """All datasets with all declarations."""
    answer = holder_pb2.DescribeResponse(holder=holder.name, public_key=holder.signer.public_key)
    for table, declared in datasets(holder.metadata):
        entry = answer.datasets.add(
            name=table.name,
            deletion_class=declared.deletion_class.words,
            retention=declared.deletion_class.words,
        )
        if declared.automated is not None:
            how = declared.automated
            entry.automated.MergeFrom(
                holder_pb2.AutomatedDecision(
                    logic=how.logic, significant=how.significant, profiling=how.profiling
                )
            )
        for column in table.columns:
            entry.columns.append(_column(column.name, declaration_of(column)))
    return answer


async def collect(session: AnySession, holder: Holder, subject: Subject) -> AsyncIterator[holder_pb2.Record]:
    """Every record about the subject, table by table, each value with its category, purpose and basis."""
    for table, _ in datasets(holder.metadata):
        if not has_subjects(table) or not any(subject_columns(table)):
            continue
        result = await session.stream(
            select(table).where(rows_about(table, subject)), execution_options={"yield_per": _FETCH}
        )
        async for row in result:
            yield _record(table, row, holder.name)


def _column(name: str, declared: Personal | None) -> holder_pb2.Column:
    if declared is None:
        return holder_pb2.Column(name=name)
    return holder_pb2.Column(
        name=name,
        personal=True,
        category=declared.category.value,
        purpose=declared.purpose.value,
        basis=declared.basis.value,
        on_erasure=declared.on_erasure.value,
        law=declared.law,
        provided=bool(declared.provided),
    )


def _record(table: Table, row: Row[Any], holder: str) -> holder_pb2.Record:
    declared = dataset_of(table)
    values = row._mapping
    since = values.get(declared.since) if declared.since else None
    record = holder_pb2.Record(
        holder=holder,
        dataset=table.name,
        record_id="/".join(str(values[c.name]) for c in table.primary_key.columns),
        source=str(values.get(declared.source) or "") if declared.source else "",
        retention=declared.deletion_class.words,
    )
    if isinstance(since, datetime):
        record.since.CopyFrom(to_timestamp(since) or record.since)
    given = _came_from_subject(declared, values)
    for column, how in subject_columns(table):
        value = values[column.name]
        if value is None or value in ("", []):
            continue
        record.values.add(
            column=column.name,
            value=as_text(value),
            category=how.category.value,
            purpose=how.purpose.value,
            basis=how.basis.value,
            provided=given and bool(how.provided),
        )
    return record


def _came_from_subject(declared: Dataset, values: Mapping[Any, Any]) -> bool:
    if declared.provided_rows is None:
        return True
    column, wanted = declared.provided_rows
    return values[column] in wanted


def as_text(value: Any) -> str:
    """A value as a person can read it; binary content only by its length."""
    if isinstance(value, bytes | memoryview):
        return f"{len(value)} bytes"
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)
