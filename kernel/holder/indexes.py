"""Indexes that the declarations ask for: whatever a holder looks for by subject, it finds without reading a table.

They follow from the declarations as the holder's answers do, so no migration names them: after the migrations the
database gets those that are missing and loses those that nobody asks for any more.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

from sqlalchemy import ARRAY, Column, ColumnElement, Connection, MetaData, Table, Uuid, and_, func, text
from sqlalchemy.dialects import postgresql

from kernel.holder.searching import narrowing, written
from kernel.personal import dataset_of, datasets, declaration_of

PREFIX = "search_"

# What was written last is searched one by one: little enough that nobody notices, enough to be filed in bulk.
_PENDING = "WITH (gin_pending_list_limit = 256)"
_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]


def wanted(metadata: MetaData) -> dict[str, str]:
    """By name, what follows `CREATE INDEX CONCURRENTLY name ON`; another definition has another name."""
    found = {}
    for table, _ in datasets(metadata):
        for definition in _definitions(table):
            digest = hashlib.sha256(definition.encode()).hexdigest()[:8]
            # PostgreSQL cuts names at 63 bytes.
            found[f"{PREFIX}{table.name[:40]}_{digest}"] = definition
    return found


def align(connection: Connection, metadata: MetaData) -> None:
    """Makes the indexes of a migrated database those that are wanted, while others read and write."""
    connection.commit()
    outside = connection.execution_options(isolation_level="AUTOCOMMIT")
    present = dict(
        outside.execute(
            text(
                "SELECT c.relname, i.indisvalid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid "
                "WHERE c.relname LIKE :prefix AND c.relnamespace = current_schema()::regnamespace"
            ),
            {"prefix": PREFIX.replace("_", r"\_") + "%"},
        )
        .tuples()
        .all()
    )
    want = wanted(metadata)
    if any("gin_trgm_ops" in definition for definition in want.values()):
        outside.execute(text("CREATE EXTENSION IF NOT EXISTS pg_trgm"))
    for name, definition in want.items():
        if present.get(name) is False:
            # Left by a build that was cut off.
            outside.execute(text(f"DROP INDEX CONCURRENTLY {name}"))
        if not present.get(name):
            outside.exec_driver_sql(f"CREATE INDEX CONCURRENTLY {name} ON {definition}")
    for name in present.keys() - want.keys():
        outside.execute(text(f"DROP INDEX CONCURRENTLY {name}"))


def _definitions(table: Table) -> Iterator[str]:
    whole = written(table)
    if whole is not None:
        narrowed = narrowing(table)
        where = f" WHERE {_ddl(and_(*narrowed))}" if narrowed else ""
        yield f"{table.name} USING gin (({_ddl(whole)}) gin_trgm_ops) {_PENDING}{where}"
    declared = dataset_of(table)
    for name in declared.emails:
        yield f"{table.name} ({_ddl(func.lower(table.c[name]))})"
    way = (declared.subject or "").partition("->")[0].strip().removesuffix("[]")
    for column in table.columns:
        if not _leads_to_subject(column, way) or _is_indexed(column):
            continue
        using = "USING gin " if isinstance(column.type, ARRAY) else ""
        yield f"{table.name} {using}({column.name})"


def _leads_to_subject(column: Column[Any], way: str) -> bool:
    if column.name == way:
        return True
    if isinstance(column.type, ARRAY):
        return isinstance(column.type.item_type, Uuid)
    return isinstance(column.type, Uuid) and declaration_of(column) is not None


def _is_indexed(column: Column[Any]) -> bool:
    """Whether an index or key of the table begins with the column, over all its rows."""
    table = column.table
    assert isinstance(table, Table)
    begins = [index for index in table.indexes if list(index.expressions)[:1] == [column]]
    whole = [index for index in begins if index.dialect_options["postgresql"]["where"] is None]
    keys = [c for c in table.constraints if list(getattr(c, "columns", ()))[:1] == [column]]
    unique = [key for key in keys if key.__visit_name__ in ("primary_key_constraint", "unique_constraint")]
    return bool(whole or unique)


def _ddl(expression: ColumnElement[Any]) -> str:
    return str(expression.compile(dialect=_DIALECT, compile_kwargs={"literal_binds": True}))
