"""What goes missing is missed: a column's declaration, a holder's Execute, a column of the probe."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from typing import Any
from unittest.mock import patch

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import Table

from kernel.clock import SystemClock
from kernel.db import Database
from kernel.holder import probing
from kernel.holder.executing import execute_plan, make_plan
from kernel.holder.subject import Holder, Subject
from kernel.ids import new_id
from kernel.signing import Signer
from tests.architecture.test_tables import metadata_of, table_faults
from tests.architecture.tree import BACK_ENDS, WEB
from tests.e2e.filling import Filled, fill, invent
from tests.e2e.residue import name_of, tables_of
from tests.fixtures.serving import OpenDatabase

Admin = Callable[[str], psycopg.Connection]
Looks = Callable[[Table, Subject], Iterator[Any]]
SEED = "bm90IGEgc2VjcmV0LCBqdXN0IGEgdGVzdCBzZWVkISE="
# The proof of consents hangs together by its tree; it holds no address.
_BY_DOOR = frozenset({"consent_record", "consent_ip", "erasure_ledger"})


@pytest.mark.parametrize("service", BACK_ENDS + WEB)
def test_every_declaration_that_goes_missing_is_noticed(service: str) -> None:
    for table in metadata_of(service).tables.values():
        for column in table.columns:
            with patch.dict(column.info, clear=True):
                assert f"{table.name}.{column.name} is not declared" in table_faults(table)


def whoever(service: str, admin: Admin) -> Filled:
    """Somebody with a row in every table of the service."""
    (somebody,) = invent(1, seed=service)
    with admin(service) as connection:
        fill(connection, service, [somebody], without=_BY_DOOR)
    return somebody


def places_with(word: str, service: str, admin: Admin) -> set[tuple[str, str]]:
    """Every column in which a word stands, found without a declaration."""
    found = set()
    with admin(service) as connection:
        for table in tables_of(connection):
            described = connection.execute(sql.SQL("SELECT * FROM {} LIMIT 0").format(table)).description
            for column in described or []:
                asked = sql.SQL("SELECT count(*) FROM {} WHERE {}::text ILIKE %s").format(
                    table, sql.Identifier(column.name)
                )
                row = connection.execute(asked, (f"%{word}%",)).fetchone()
                if row is not None and row[0]:
                    found.add((name_of(table), column.name))
    return found


def holder_of(service: str) -> Holder:
    return Holder(service, metadata_of(service), Signer(SEED), SystemClock())


def as_subject(somebody: Filled) -> Subject:
    return Subject(somebody.id, emails=(somebody.email,), phones=(somebody.phone,))


async def probed(database: Database, holder: Holder, subject: Subject) -> set[tuple[str, str]]:
    async with database.reading() as session:
        answer = await probing.probe(session, holder, subject)
    return {(finding.dataset, finding.column) for finding in answer.findings}


@pytest.mark.parametrize("service", BACK_ENDS)
async def test_a_holder_that_executes_nothing_is_found_out_by_the_probe(
    service: str, open_database: OpenDatabase, postgres_admin: Admin
) -> None:
    database, holder = open_database(service, metadata_of(service)), holder_of(service)
    somebody = whoever(service, postgres_admin)
    subject = as_subject(somebody)

    async def left() -> set[str]:
        async with database.reading() as session:
            answer = await probing.probe(session, holder, subject)
        return {f"{found.dataset}.{found.column}" for found in answer.findings if not found.law}

    async with database.transaction() as session:
        plan = await make_plan(session, holder, subject, new_id())
    assert await left() != set()
    async with database.transaction() as session:
        await execute_plan(session, holder, uuid.UUID(plan.plan_id), plan.plan_hash)
    assert await left() == set()


@pytest.mark.parametrize("service", BACK_ENDS)
async def test_a_column_that_the_probe_leaves_out_is_noticed(
    service: str, open_database: OpenDatabase, postgres_admin: Admin
) -> None:
    database, holder = open_database(service, metadata_of(service)), holder_of(service)
    somebody = whoever(service, postgres_admin)
    standing = places_with(somebody.email, service, postgres_admin)
    assert standing - await probed(database, holder, as_subject(somebody)) == set()
    for place in standing:
        with (
            patch.object(probing, "_text_columns", blind(probing._text_columns, place)),
            patch.object(probing, "_id_columns", blind(probing._id_columns, place)),
        ):
            seen = await probed(database, holder, as_subject(somebody))
        assert standing - seen == {place}


def blind(looks: Looks, place: tuple[str, str]) -> Looks:
    """The same way of looking, that leaves one column out."""
    return lambda table, subject: (
        each for each in looks(table, subject) if (table.name, each[0].name) != place
    )
