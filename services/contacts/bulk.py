"""Many rows in one statement: they travel as one JSON parameter and become a set in the database."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from sqlalchemy import Table, TableValuedAlias, bindparam, column, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase

_T = TypeVar("_T")
# Rows of one statement; a file's rows are far more text than one message should hold.
AT_ONCE = 5_000


def table_of(mapped: type[DeclarativeBase]) -> Table:
    """The table of a mapped class."""
    table = mapped.__table__
    assert isinstance(table, Table)
    return table


def row_set(table: Table, names: Sequence[str]) -> TableValuedAlias:
    """A FROM clause over the parameter `rows`, a list of JSON objects typed like the table's columns."""
    columns = (column(name, table.c[name].type) for name in names)
    rows = func.jsonb_to_recordset(bindparam("rows", type_=JSONB))
    return rows.table_valued(*columns).render_derived(name="given", with_types=True)


def parts(rows: Sequence[_T]) -> Iterator[Sequence[_T]]:
    """The rows in statements of a bearable size."""
    for start in range(0, len(rows), AT_ONCE):
        yield rows[start : start + AT_ONCE]


def json_row(values: dict[str, Any]) -> dict[str, Any]:
    """Values that JSON does not know, as their text."""
    plain = (str, int, float, bool, list, dict, type(None))
    return {k: v if isinstance(v, plain) else str(v) for k, v in values.items()}
