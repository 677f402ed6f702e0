"""The tables' rules: every column declared, every table a dataset with a path that ends."""

from __future__ import annotations

import importlib

import pytest
from sqlalchemy import Column, MetaData, Table, Text, Uuid

from kernel.holder.subject import Subject, has_subjects, rows_of
from kernel.ids import new_id
from kernel.personal import Basis, Category, Dataset, Erase, Personal, Purpose, is_declared, personal_columns
from tests.architecture.tree import BACK_ENDS, WEB

# What was provided on one of these can be taken along.
_PORTABLE = (Basis.CONSENT, Basis.CONTRACT)


def metadata_of(service: str) -> MetaData:
    module = importlib.import_module(f"services.{service}.tables")
    assert isinstance(module.metadata, MetaData)
    return module.metadata


def table_faults(table: Table) -> list[str]:
    faults = [f"{table.name}.{c.name} is not declared" for c in table.columns if not is_declared(c)]
    faults += [
        f"{table.name}.{c.name} is declared personal and plain"
        for c in table.columns
        if "personal" in c.info and "plain" in c.info
    ]
    faults += [
        f"{table.name}.{column.name} does not say whether subjects provide it (Art. 20 GDPR)"
        for column, how in personal_columns(table)
        if how.basis in _PORTABLE and how.provided is None
    ]
    narrowed = getattr(table.info.get("dataset"), "provided_rows", None)
    if narrowed is not None and narrowed[0] not in table.columns:
        faults.append(f"{table.name} has no column {narrowed[0]} that says which rows were provided")
    if "dataset" not in table.info:
        return [*faults, f"{table.name} declares no dataset"]
    short_lived = (table.info["dataset"].hours_at_most or 25) <= 24
    if any(personal_columns(table)) and not has_subjects(table) and not short_lived:
        faults.append(f"{table.name} holds personal data and has no way to its subject")
    try:
        rows_of(table, Subject(id=new_id(), emails=("a@b.example",)))
    except (TypeError, KeyError, ValueError) as error:
        faults.append(f"{table.name}: {error}")
    return faults


@pytest.mark.parametrize("service", BACK_ENDS + WEB)
def test_every_column_and_table_is_declared(service: str) -> None:
    tables = metadata_of(service).tables.values()
    assert tables
    assert [fault for table in tables for fault in table_faults(table)] == []


def test_the_rule_notices_what_breaks_it() -> None:
    metadata = MetaData()
    name = Personal(Category.IDENTITY, Purpose.SERVICE, Basis.CONTRACT, Erase.DELETE_ROW, provided=True)
    vague = Personal(Category.IDENTITY, Purpose.SERVICE, Basis.CONSENT, Erase.DELETE_ROW)
    bare = Table("bare", metadata, Column("id", Uuid, primary_key=True))
    lost = Table(
        "lost",
        metadata,
        Column("id", Uuid, primary_key=True, info={"plain": True}),
        Column("name", Text, info={"personal": name}),
        info={"dataset": Dataset(deletion_class="x")},
    )
    astray = Table(
        "astray",
        metadata,
        Column("id", Uuid, primary_key=True, info={"plain": True, "personal": name}),
        info={"dataset": Dataset(deletion_class="x", subject="id -> nowhere")},
    )
    unsaid = Table(
        "unsaid",
        metadata,
        Column("id", Uuid, primary_key=True, info={"plain": True}),
        Column("name", Text, info={"personal": vague}),
        info={"dataset": Dataset(deletion_class="x", subject="id", provided_rows=("author", (1,)))},
    )
    assert table_faults(unsaid) == [
        "unsaid.name does not say whether subjects provide it (Art. 20 GDPR)",
        "unsaid has no column author that says which rows were provided",
    ]
    assert table_faults(bare) == ["bare.id is not declared", "bare declares no dataset"]
    assert table_faults(lost) == ["lost holds personal data and has no way to its subject"]
    assert len(table_faults(astray)) == 2
