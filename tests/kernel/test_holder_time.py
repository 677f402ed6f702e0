"""Looking for somebody in every text takes its time: the caller's patience ends it, nothing sooner."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
from kontor.privacy.v1 import holder_pb2, holder_pb2_grpc
from sqlalchemy import Text, Uuid, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase, Mapped

from kernel import db
from kernel.audit import AuditLog
from kernel.db import Database, WriteSession
from kernel.holder.servicer import DataHolderRpc
from kernel.holder.subject import Hooks
from kernel.personal import Category, Purpose, dataset, personal, plain
from kernel.schema import service_metadata
from kernel.signing import Signer
from tests.fixtures.postgres import SCRATCH
from tests.fixtures.realm import Realm
from tests.fixtures.serving import OpenDatabase, Serve

SEED = "bm90IGEgc2VjcmV0LCBqdXN0IGEgdGVzdCBzZWVkISE="
ERNA = str(uuid.uuid4())
KNOWN = holder_pb2.Identifiers(emails=["erna@post.example"])
# Twice what an ordinary statement may take here.
ORDINARY_MS, LONG_S = 300, 0.6


class Base(DeclarativeBase):
    metadata = service_metadata()


class Novel(Base):
    """A table so large that whoever reads it waits; in the database it is a view that sleeps."""

    __tablename__ = "novel_in_test_holder_time"
    __table_args__ = (dataset(deletion_class="x", subject="contact_id"),)

    id: Mapped[uuid.UUID] = plain(Uuid, primary_key=True)
    contact_id: Mapped[uuid.UUID] = plain(Uuid)
    body: Mapped[str] = personal(Text, category=Category.FREE_TEXT, purpose=Purpose.SERVICE)


SLOW = f"""
CREATE VIEW {Novel.__tablename__} AS
SELECT gen_random_uuid() AS id, '{ERNA}'::uuid AS contact_id, 'Zu lang'::text AS body FROM pg_sleep({LONG_S})
"""
EMPTY = (
    f"CREATE TABLE {Novel.__tablename__} (id uuid PRIMARY KEY, contact_id uuid NOT NULL, body text NOT NULL)"
)


async def sleep(session: WriteSession, subject: object) -> None:
    await session.execute(text(f"SELECT pg_sleep({LONG_S})"))


@dataclass
class Library:
    """A service that holds one large table."""

    database: Database
    rpc: holder_pb2_grpc.DataHolderAsyncStub
    audit: AuditLog

    async def run(self, statement: str) -> list[Any]:
        async with self.database.engine.begin() as connection:
            result = await connection.execute(text(statement))
            return list(result.scalars()) if result.returns_rows else []

    async def plan(self) -> holder_pb2.PlanResponse:
        return await self.rpc.Plan(
            holder_pb2.PlanRequest(
                request_id=str(uuid.uuid4()),
                kind=holder_pb2.REQUEST_KIND_ERASURE,
                subject_id=ERNA,
                identifiers=KNOWN,
            )
        )


@pytest.fixture
async def library(
    open_database: OpenDatabase, serve: Serve, realm: Realm, monkeypatch: pytest.MonkeyPatch
) -> Library:
    monkeypatch.setattr(db, "STATEMENT_TIMEOUT_MS", ORDINARY_MS)
    database = open_database(SCRATCH, Base.metadata)
    kernels = [table for table in Base.metadata.sorted_tables if table.name != Novel.__tablename__]
    async with database.engine.begin() as connection:
        await connection.run_sync(lambda sync: Base.metadata.create_all(sync, tables=kernels))
    rpc = DataHolderRpc(
        holder="library",
        database=database,
        metadata=Base.metadata,
        signer=Signer(SEED),
        hooks=Hooks(before=sleep),
    )
    served = await serve(
        (holder_pb2_grpc.add_DataHolderServicer_to_server, rpc), database=database, audience="kontor-privacy"
    )
    stub = holder_pb2_grpc.DataHolderStub(served.channel(realm.token("service", azp="kontor-privacy")))
    return Library(database, stub, served.audit)


@pytest.fixture
async def slow(library: Library) -> AsyncIterator[Library]:
    await library.run(SLOW)
    yield library
    await library.run(f"DROP VIEW {Novel.__tablename__}")


@pytest.fixture
async def empty(library: Library) -> AsyncIterator[Library]:
    await library.run(EMPTY)
    yield library
    await library.run(f"DROP TABLE {Novel.__tablename__}")


async def test_what_is_held_about_somebody_is_found_in_tables_that_take_long_to_read(slow: Library) -> None:
    assert [item.rows for item in (await slow.plan()).items] == [1]
    about = holder_pb2.CollectRequest(subject_id=ERNA, identifiers=KNOWN)
    assert Novel.__tablename__ in {record.dataset async for record in slow.rpc.Collect(about)}
    found = await slow.rpc.Probe(holder_pb2.ProbeRequest(subject_id=ERNA, identifiers=KNOWN))
    assert Novel.__tablename__ in {finding.dataset for finding in found.findings}


async def test_an_erasure_may_take_longer_than_an_ordinary_statement(empty: Library) -> None:
    planned = await empty.plan()
    request = holder_pb2.ExecuteRequest(
        request_id=str(uuid.uuid4()), plan_id=planned.plan_id, plan_hash=planned.plan_hash
    )
    assert (await empty.rpc.Execute(request)).plan_id == planned.plan_id


async def test_a_statement_ends_when_its_caller_has_given_up(empty: Library) -> None:
    async with empty.database.transaction() as session:
        await session.take_time(0.1)
        with pytest.raises(DBAPIError, match="statement timeout"):
            await session.execute(text("SELECT pg_sleep(2)"))


async def test_a_probe_is_noted_for_its_subject(empty: Library) -> None:
    await empty.rpc.Probe(holder_pb2.ProbeRequest(subject_id=ERNA, identifiers=KNOWN))
    await empty.audit.flush()
    assert await empty.run("SELECT unnest(subject_ids) FROM audit_entry") == [uuid.UUID(ERNA)]
