"""The tables' rules: every column declared, every table a dataset with a path that ends."""

from __future__ import annotations

import importlib
from datetime import UTC, datetime
from typing import Any

import pytest
from kontor.contacts.v1 import contacts_pb2
from kontor.privacy.v1 import privacy_pb2
from sqlalchemy import Column, DateTime, MetaData, Table, Text, Uuid

from kernel.deletion import DeletionClass, after, calendar_years, days, in_words, never, with_the
from kernel.holder.overdue import overdue, start_of
from kernel.holder.subject import Subject, has_subjects, rows_of
from kernel.ids import new_id
from kernel.personal import (
    Basis,
    Category,
    Dataset,
    Erase,
    Personal,
    Purpose,
    dataset_of,
    is_declared,
    personal_columns,
)
from kernel.rpc.call import Method
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


def class_faults(table: Table) -> list[str]:
    """Why the table's deletion class is not exactly one rule that somebody carries out."""
    declared = dataset_of(table).deletion_class
    ways = [declared.is_run, bool(declared.done_by), bool(declared.goes_with), bool(declared.never.strip())]
    faults = []
    if sum(ways) != 1:
        faults.append(f"{table.name}: '{declared.words}' is {sum(ways)} rules, not one")
    if declared.goes_with and not any(
        key.column.table.name == declared.goes_with and key.ondelete == "CASCADE"
        for key in table.foreign_keys
    ):
        faults.append(f"{table.name} does not go with {declared.goes_with}")
    if declared.never and any(personal_columns(table)):
        faults.append(f"{table.name} holds personal data that is never deleted")
    if declared.is_run:
        faults += _start_faults(table, declared)
    return faults + _kept_faults(table, declared)


def _start_faults(table: Table, declared: DeletionClass) -> list[str]:
    try:
        str(start_of(table))
        str(overdue(table, datetime(2030, 1, 1, tzinfo=UTC)))
    except (KeyError, TypeError, ValueError) as error:
        return [f"{table.name}: no column has the start of '{declared.words}' ({error})"]
    return []


def _kept_faults(table: Table, declared: DeletionClass) -> list[str]:
    """A subject is told until when a row is kept; the run must not delete it earlier, nor let it stay."""
    kept = max((how.keep_years for _, how in personal_columns(table)), default=0)
    period = declared.longest
    if not kept or period is None or period == days(0):
        return []
    return (
        [] if period.years == kept else [f"{table.name} is kept {kept} years, its class says {period.words}"]
    )


@pytest.mark.parametrize("service", BACK_ENDS + WEB)
def test_every_table_has_exactly_one_deletion_rule(service: str) -> None:
    tables = metadata_of(service).tables.values()
    assert [fault for table in tables for fault in class_faults(table)] == []


def test_the_deletion_rule_notices_what_breaks_it() -> None:
    id_column: dict[str, Any] = {"info": {"plain": True}, "primary_key": True}
    kept = Personal(Category.IDENTITY, Purpose.SERVICE, Basis.CONTRACT, Erase.KEEP_RESTRICTED, "§ 147 AO", 8)

    def made(declared: DeletionClass, *columns: Column[Any]) -> list[str]:
        dataset = Dataset(deletion_class=declared, subject="id")
        return class_faults(
            Table("t", MetaData(), Column("id", Uuid, **id_column), *columns, info={"dataset": dataset})
        )

    at = Column("at", DateTime(timezone=True), info={"plain": True})
    assert made(after("entry", days(1), starts="at"), at) == []
    assert made(after("entry", days(1), starts="missing"))
    assert made(after("entry", days(1)))
    assert made(in_words("entry + 3 years"))
    assert made(never(" "))
    assert made(with_the("contact"))
    assert made(never("hashes only"), Column("name", Text, info={"personal": kept}))
    invoice = after("voucher", calendar_years(10), starts="at")
    at = Column("at", DateTime(timezone=True), info={"plain": True})
    assert made(invoice, at, Column("name", Text, info={"personal": kept}))


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
        info={"dataset": Dataset(deletion_class=in_words("x"))},
    )
    astray = Table(
        "astray",
        metadata,
        Column("id", Uuid, primary_key=True, info={"plain": True, "personal": name}),
        info={"dataset": Dataset(deletion_class=in_words("x"), subject="id -> nowhere")},
    )
    unsaid = Table(
        "unsaid",
        metadata,
        Column("id", Uuid, primary_key=True, info={"plain": True}),
        Column("name", Text, info={"personal": vague}),
        info={"dataset": Dataset(deletion_class=in_words("x"), subject="id", provided_rows=("author", (1,)))},
    )
    assert table_faults(unsaid) == [
        "unsaid.name does not say whether subjects provide it (Art. 20 GDPR)",
        "unsaid has no column author that says which rows were provided",
    ]
    assert table_faults(bare) == ["bare.id is not declared", "bare declares no dataset"]
    assert table_faults(lost) == ["lost holds personal data and has no way to its subject"]
    assert len(table_faults(astray)) == 2


def test_what_nobody_looks_through_holds_no_word() -> None:
    """Answers of `Authorize` are left out of every search: so nothing personal may ever be added to them."""
    authorize = Method.of(privacy_pb2.DESCRIPTOR.services_by_name["Permits"].methods_by_name["Authorize"])
    assert not authorize.answer_is_personal
    created = Method.of(contacts_pb2.DESCRIPTOR.services_by_name["Contacts"].methods_by_name["CreateContact"])
    assert created.answer_is_personal
    assert authorize.full_name == "/kontor.privacy.v1.Permits/Authorize"
    wordless = {t.name: dataset_of(t).wordless for s in BACK_ENDS for t in metadata_of(s).tables.values()}
    assert {name: condition for name, condition in wordless.items() if condition} == {
        "idempotency": "method = '/kontor.privacy.v1.Permits/Authorize'",
        # DOCUMENT_FORMAT_PDF and DOCUMENT_FORMAT_CSV: compressed.
        "access_document": "format IN (2, 3)",
        "certificate": "format IN (2, 3)",
    }


def test_answers_about_a_request_hold_nothing_personal() -> None:
    """Each answer of a command is kept for a day under its subject: an erasure must not find itself there."""
    requests = privacy_pb2.DESCRIPTOR.services_by_name["Requests"]
    methods = [Method.of(each) for each in requests.methods]
    assert [m.full_name for m in methods if m.mutating and m.answer_is_personal] == []
