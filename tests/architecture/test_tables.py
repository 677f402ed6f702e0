"""The tables' rules: every column declared, every table a dataset with a path that ends."""

from __future__ import annotations

import importlib

import pytest
from sqlalchemy import Column, MetaData, Table, Text, Uuid

from kernel.holder.subject import Subject, has_subjects, rows_of
from kernel.ids import new_id
from kernel.personal import Basis, Category, Dataset, Erase, Personal, Purpose, is_declared, personal_columns
from tests.architecture.tree import BACK_ENDS, WEB


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
    name = Personal(Category.IDENTITY, Purpose.SERVICE, Basis.CONTRACT, Erase.DELETE_ROW)
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
    assert table_faults(bare) == ["bare.id is not declared", "bare declares no dataset"]
    assert table_faults(lost) == ["lost holds personal data and has no way to its subject"]
    assert len(table_faults(astray)) == 2
