"""What a holder looks for by subject it finds by an index: no right takes longer because a table has grown."""

from __future__ import annotations

import importlib
import json
import uuid
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from sqlalchemy import Connection, MetaData, event, text

from kernel.clock import SystemClock
from kernel.db import Database
from kernel.holder.collecting import collect
from kernel.holder.executing import execute_plan, make_plan
from kernel.holder.indexes import PREFIX, align, wanted
from kernel.holder.probing import probe
from kernel.holder.subject import Holder, Subject
from kernel.ids import new_id
from kernel.signing import Signer
from tests.architecture.tree import BACK_ENDS
from tests.fixtures.serving import OpenDatabase

SEED = "bm90IGEgc2VjcmV0LCBqdXN0IGEgdGVzdCBzZWVkISE="
ERNA = Subject(new_id(), emails=("erna.gross@post.example",), phones=("+493012345678",), names=("erna groß",))
Asked = tuple[str, tuple[Any, ...]]


def metadata_of(service: str) -> MetaData:
    module = importlib.import_module(f"services.{service}.tables")
    assert isinstance(module.metadata, MetaData)
    return module.metadata


async def statements_about(database: Database, holder: Holder, subject: Subject) -> list[Asked]:
    """What the holder asks its database for one subject, from the plan to the probe."""
    asked: list[Asked] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_more: Any) -> None:
        asked.append((statement, tuple(parameters)))

    event.listen(database.engine.sync_engine, "before_cursor_execute", note)
    try:
        async with database.transaction() as session:
            async for _ in collect(session, holder, subject):
                pass
            plan = await make_plan(session, holder, subject, new_id())
            await execute_plan(session, holder, uuid.UUID(plan.plan_id), plan.plan_hash)
            await probe(session, holder, subject)
    finally:
        event.remove(database.engine.sync_engine, "before_cursor_execute", note)
    return [each for each in asked if each[0].startswith(("SELECT", "UPDATE", "DELETE"))]


def scans_a_table(node: dict[str, Any], whole_plan: str) -> bool:
    """Whether the plan has no other way than to read a table from end to end."""
    # Of two ways the planner takes this one while the other table is small; it has both at hand.
    if f"(hashed {node.get('Subplan Name')})" in whole_plan:
        return False
    return node["Node Type"] == "Seq Scan" or any(
        scans_a_table(inner, whole_plan) for inner in node.get("Plans", ())
    )


async def read_whole(database: Database, asked: list[Asked]) -> list[str]:
    """The statements for which PostgreSQL finds no index."""
    found = []
    async with database.engine.connect() as connection:
        await connection.execute(text("SET enable_seqscan = off"))
        for statement, parameters in asked:
            explained = await connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", parameters)
            (top,) = explained.scalar_one()
            if scans_a_table(top["Plan"], json.dumps(top)):
                found.append(statement)
    return found


@pytest.mark.parametrize("service", BACK_ENDS)
async def test_nothing_about_one_subject_reads_a_whole_table(
    service: str, open_database: OpenDatabase
) -> None:
    metadata = metadata_of(service)
    database = open_database(service, metadata)
    asked = await statements_about(database, Holder(service, metadata, Signer(SEED), SystemClock()), ERNA)
    # Two questions for most tables, and all of them again by the probe.
    assert len(asked) > len(metadata.tables)
    assert "\n\n".join(await read_whole(database, asked)) == ""


async def test_the_rule_notices_a_missing_index(open_database: OpenDatabase) -> None:
    metadata = metadata_of("tickets")
    database = open_database("tickets", metadata)
    unindexed = "SELECT count(*) FROM ticket WHERE lower(subject) LIKE $1"
    assert await read_whole(database, [(unindexed, ("%erna%",))]) == [unindexed]


def indexes_in(connection: Connection) -> dict[str, bool]:
    """The derived indexes by name, and whether each is whole."""
    rows = connection.execute(
        text(
            "SELECT c.relname, i.indisvalid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid "
            "WHERE starts_with(c.relname, :prefix)"
        ),
        {"prefix": PREFIX},
    )
    return dict(rows.tuples().all())


async def test_a_migrated_database_has_what_the_declarations_ask_for(
    open_database: OpenDatabase, postgres_admin: Callable[[str], psycopg.Connection]
) -> None:
    metadata = metadata_of("tickets")
    database = open_database("tickets", metadata)
    kept, *others = wanted(metadata)

    with postgres_admin("tickets") as superuser:
        # What a build leaves that was cut off.
        superuser.execute("UPDATE pg_index SET indisvalid = false WHERE indexrelid = %s::regclass", (kept,))

    def break_and_align(connection: Connection) -> dict[str, bool]:
        for name in others:
            connection.execute(text(f"DROP INDEX {name}"))
        connection.execute(text(f"CREATE INDEX {PREFIX}nobody_asks ON ticket (contact_id, id)"))
        align(connection, metadata)
        align(connection, metadata)
        return indexes_in(connection)

    async with database.engine.connect() as connection:
        assert await connection.run_sync(break_and_align) == dict.fromkeys(wanted(metadata), True)
