"""Looks behind the doors: every row of every table of every database, in raw SQL, for somebody's identifiers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import psycopg
from psycopg import sql

from tests.e2e.running import PROCESSES, Running

_TABLES = """
SELECT schemaname, tablename FROM pg_tables
 WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1, 2
"""
# A row as text shows all of its columns, binary ones in hexadecimal: no list of columns can be incomplete.
_COUNT = """
SELECT count(*) FROM {table} AS t
 WHERE EXISTS (SELECT FROM unnest(%s::text[]) AS needle WHERE strpos(lower(t::text), needle) > 0)
"""
_COLUMNS = """
SELECT DISTINCT key FROM {table} AS t, jsonb_each_text(to_jsonb(t)) AS cell(key, value), unnest(%s::text[]) AS needle
 WHERE strpos(lower(value), needle) > 0
"""


@dataclass(frozen=True)
class Remains:
    """Where somebody can still be found. Never the value."""

    database: str
    table: str
    columns: tuple[str, ...]
    rows: int

    def __str__(self) -> str:
        return f"{self.database}.{self.table}({', '.join(self.columns)}): {self.rows} rows"


def search(running: Running, identifiers: Iterable[str]) -> list[Remains]:
    """Search all databases of the stack."""
    needles = sorted({spelling for value in identifiers for spelling in _spellings(value)})
    return [found for name in PROCESSES for found in _search_database(running, name, needles)]


def _search_database(running: Running, name: str, needles: list[str]) -> Iterator[Remains]:
    with running.connect(name) as connection:
        for schema, table in connection.execute(_TABLES).fetchall():
            rows, columns = _search_table(connection, sql.Identifier(schema, table), needles)
            if rows:
                yield Remains(name, table, columns, rows)


def _search_table(
    connection: psycopg.Connection, table: sql.Identifier, needles: list[str]
) -> tuple[int, tuple[str, ...]]:
    counted = connection.execute(sql.SQL(_COUNT).format(table=table), (needles,)).fetchone()
    if not counted or not counted[0]:
        return 0, ()
    columns = connection.execute(sql.SQL(_COLUMNS).format(table=table), (needles,)).fetchall()
    return counted[0], tuple(sorted(column for (column,) in columns))


def _spellings(value: str) -> Iterator[str]:
    yield value.lower()
    yield value.encode().hex()
    yield value.lower().encode().hex()
