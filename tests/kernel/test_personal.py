"""Declarations on columns: what cannot be said cannot be stored."""

from typing import Any

import pytest
from sqlalchemy import Column, MetaData, Table, Text, Uuid

from kernel.deletion import in_words
from kernel.holder.treatment import treatment_of
from kernel.personal import (
    Basis,
    Category,
    Dataset,
    Erase,
    Personal,
    Purpose,
    dataset_of,
    is_declared,
    personal,
    personal_columns,
    plain,
)

KEPT = {"on_erasure": Erase.KEEP_RESTRICTED, "law": "§ 147 AO", "keep_years": 8}


def declared(**changes: Any) -> Any:
    return personal(Text, category=Category.IDENTITY, purpose=Purpose.SERVICE, **changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"on_erasure": Erase.KEEP_RESTRICTED},
        {"on_erasure": Erase.KEEP_RESTRICTED, "law": "§ 147 AO"},
        {"on_erasure": Erase.KEEP_RESTRICTED, "keep_years": 8},
        {"on_erasure": Erase.DELETE_ROW, "law": "§ 147 AO", "keep_years": 8},
    ],
)
def test_nothing_is_kept_without_a_law_and_a_period(changes: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match="a law"):
        declared(**changes)


def test_a_law_with_its_period_keeps() -> None:
    declaration = declared(**KEPT).column.info["personal"]
    assert (declaration.law, declaration.keep_years) == ("§ 147 AO", 8)


def test_a_column_says_one_or_the_other() -> None:
    assert is_declared(declared().column)
    assert is_declared(plain(Text).column)
    assert not is_declared(Column("x", Text))


def test_a_table_without_a_declaration_is_an_error() -> None:
    with pytest.raises(TypeError, match="declares no dataset"):
        dataset_of(Table("undeclared", MetaData()))


def column(name: str, how: Erase | None, **kwargs: Any) -> Column[Any]:
    if how is None:
        return Column(name, Text, info={"plain": True})
    law = {"law": "§ 147 AO", "keep_years": 8} if how is Erase.KEEP_RESTRICTED else {}
    info = Personal(Category.IDENTITY, Purpose.SERVICE, Basis.CONTRACT, how, **law)  # type: ignore[arg-type]
    return Column(name, Text, info={"personal": info}, **kwargs)


def table(*columns: Column[Any]) -> Table:
    key = Column("contact_id", Uuid, primary_key=True, info={"plain": True})
    return Table(
        "t", MetaData(), key, *columns, info={"dataset": Dataset(in_words("x"), subject="contact_id")}
    )


@pytest.mark.parametrize(
    ("ways", "expected"),
    [
        ([Erase.DELETE_ROW, Erase.DELETE_ROW, None], Erase.DELETE_ROW),
        ([None], Erase.DELETE_ROW),
        ([Erase.DELETE_ROW, Erase.NULL], Erase.NULL),
        ([Erase.PSEUDONYMISE, None], Erase.PSEUDONYMISE),
        ([Erase.DELETE_ROW, Erase.KEEP_RESTRICTED], Erase.KEEP_RESTRICTED),
    ],
)
def test_the_treatment_of_a_row_follows_from_its_columns(ways: list[Erase | None], expected: Erase) -> None:
    made = table(*(column(f"c{n}", how) for n, how in enumerate(ways)))
    assert treatment_of(made).action is expected


def test_what_a_law_does_not_keep_goes_from_a_kept_row() -> None:
    made = table(column("invoice", Erase.KEEP_RESTRICTED), column("nickname", Erase.DELETE_ROW))
    treatment = treatment_of(made)
    assert [c.name for c, _ in treatment.changes] == ["nickname"]
    assert (treatment.law, treatment.keep_years) == ("§ 147 AO", 8)
    assert [c.name for c, _ in personal_columns(made)] == ["invoice", "nickname"]
