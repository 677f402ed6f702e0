"""A backup of a small database in memory, and its restore: every row of every table, as it was."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

Admin = Callable[[str], psycopg.Connection]

_TABLES = (
    "SELECT schemaname, tablename FROM pg_tables WHERE tablename <> 'alembic_version' "
    "AND schemaname NOT IN ('pg_catalog', 'information_schema', 'test_seed')"
)


@dataclass(frozen=True)
class Backup:
    """The rows of one service's database at one moment."""

    service: str
    rows: dict[tuple[str, str], Any]

    @classmethod
    def of(cls, service: str, admin: Admin) -> "Backup":
        with admin(service) as connection:
            return cls(service, {name: _rows(connection, name) for name in _tables(connection)})

    def restore(self, admin: Admin) -> None:
        with admin(self.service) as connection:
            # As a restore does it: no trigger and no foreign key is asked.
            connection.execute("SET session_replication_role = replica")
            for name in _tables(connection):
                table = sql.Identifier(*name)
                connection.execute(sql.SQL("DELETE FROM {}").format(table))
                fill = sql.SQL("INSERT INTO {0} SELECT * FROM jsonb_populate_recordset(NULL::{0}, %s)")
                if self.rows.get(name):
                    connection.execute(fill.format(table), (json.dumps(self.rows[name]),))


def _tables(connection: psycopg.Connection) -> list[tuple[str, str]]:
    return [(schema, name) for schema, name in connection.execute(_TABLES).fetchall()]


def _rows(connection: psycopg.Connection, name: tuple[str, str]) -> Any:
    every = sql.SQL("SELECT coalesce(jsonb_agg(to_jsonb(t)), '[]') FROM {} AS t").format(
        sql.Identifier(*name)
    )
    found = connection.execute(every).fetchone()
    assert found is not None
    return found[0]
