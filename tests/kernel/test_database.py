"""A database that goes away: UNAVAILABLE, nothing kept, and back as if nothing had been."""

import asyncio
from collections.abc import Callable

import asyncpg
import psycopg
import pytest
from kontor.tickets.v1 import tickets_pb2
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from devstack.ports import LOOPBACK, free_port
from kernel import db
from kernel.db import Database, WriteSession, is_disconnect
from kernel.errors import Aborted, Unavailable
from tests.fixtures.postgres import SCRATCH
from tests.kernel.conftest import Sample
from tests.kernel.sample import count, creation, metadata
from tests.kernel.silent import SilentWay

Admin = Callable[[str], psycopg.Connection]
OTHERS = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


def cut(admin: Admin) -> None:
    """Ends every connection of the service, as a failover does."""
    with admin(SCRATCH) as connection:
        connection.execute(OTHERS)


async def test_a_database_lost_in_mid_transaction_keeps_nothing(
    sample: Sample, postgres_admin: Admin
) -> None:
    async def lose(session: WriteSession) -> None:
        cut(postgres_admin)
        await session.execute(text("SELECT 1"))

    sample.rpc.deeds.append(lose)
    request = creation()
    agent = sample.client("agent")
    with pytest.raises(Unavailable) as lost:
        await agent.CreateTicket(request)
    assert lost.value.reason == "DATABASE_UNAVAILABLE"
    for table in ("note", "outbox", "idempotency", "audit_entry"):
        assert await count(sample.database, table) == 0, table


async def test_a_database_lost_before_the_commit_keeps_nothing_either(
    sample: Sample, postgres_admin: Admin
) -> None:
    losses = 0

    async def lose_once(session: WriteSession) -> None:
        nonlocal losses
        losses += 1
        if losses == 1:
            await session.flush()
            cut(postgres_admin)

    sample.rpc.deeds.append(lose_once)
    # The channel repeats the call under the same request_id; the second try is the only effect.
    await sample.client("agent").CreateTicket(creation())
    assert losses == 2
    assert await count(sample.database, "note") == 1
    assert await count(sample.database, "outbox") == 1


async def test_reads_recover_from_cut_connections(sample: Sample, postgres_admin: Admin) -> None:
    agent = sample.client("agent")
    read = tickets_pb2.GetTicketRequest(ticket_id=creation().request_id)
    await agent.GetTicket(read)
    cut(postgres_admin)
    outcomes = []
    for _ in range(3):
        try:
            await agent.GetTicket(read)
            outcomes.append("answered")
        except Unavailable:
            outcomes.append("unavailable")
    assert outcomes[-1] == "answered"


async def test_a_database_that_is_not_there_is_unavailable() -> None:
    url = f"postgresql+asyncpg://nobody:x@{LOOPBACK}:{free_port()}/none"
    database = Database(url, metadata=metadata)
    assert not await database.ping()
    with pytest.raises(Unavailable):
        async with database.transaction() as session:
            await session.execute(text("SELECT 1"))
    await database.close()


def test_a_server_that_starts_up_or_shuts_down_is_away() -> None:
    # The driver raises these while it connects, before SQLAlchemy could wrap them.
    assert is_disconnect(asyncpg.CannotConnectNowError("the database system is starting up"))
    assert is_disconnect(asyncpg.AdminShutdownError("terminating connection"))


def test_a_server_that_dies_in_the_middle_of_an_answer_is_away() -> None:
    said = "cannot switch to state 15; another operation (2) is in progress"
    assert is_disconnect(asyncpg.InternalClientError(said))


@pytest.mark.parametrize(
    ("closed", "open_again"), [("CONNECTION LIMIT 0", "CONNECTION LIMIT -1"), ("NOLOGIN", "LOGIN")]
)
async def test_a_database_that_lets_nobody_in_is_unavailable(
    database: Database, postgres_admin: Admin, closed: str, open_again: str
) -> None:
    role = database.engine.url.username
    fresh = Database(database.url, metadata=metadata)
    with postgres_admin(SCRATCH) as admin:
        admin.autocommit = True
        admin.execute(f"ALTER ROLE {role} {closed}")
        try:
            assert not await fresh.ping()
            with pytest.raises(Unavailable):
                async with fresh.begin() as session:
                    await session.execute(text("SELECT 1"))
        finally:
            admin.execute(f"ALTER ROLE {role} {open_again}")
    assert await fresh.ping()
    await fresh.close()


async def test_whatever_a_database_refuses_with_a_ping_only_says_no(database: Database) -> None:
    nowhere = Database(f"{database.url}_nowhere", metadata=metadata)
    assert not await nowhere.ping()
    await nowhere.close()


async def test_a_database_whose_host_is_gone_does_not_answer_a_ping(silent: SilentWay) -> None:
    database = Database(silent.url, metadata=metadata)
    assert await database.ping()
    silent.fall_silent()
    async with asyncio.timeout(8):
        assert not await database.ping()
    silent.speak()
    assert await database.ping()
    await database.close()


async def test_a_statement_to_a_host_that_is_gone_ends_and_the_next_finds_the_new_one(
    silent: SilentWay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(db, "_SILENCE_S", 0.5)
    database = Database(silent.url, metadata=metadata)
    await _ask(database)
    silent.fall_silent()
    async with asyncio.timeout(8):
        with pytest.raises(Unavailable):
            await _ask(database)
    silent.speak()
    await _ask(database)
    await database.close()


async def _ask(database: Database) -> None:
    async with database.begin() as session:
        await session.execute(text("SELECT 1"))


async def test_the_text_of_a_database_error_quotes_no_row(database: Database) -> None:
    with pytest.raises(DBAPIError) as caught:
        async with database.reading() as session:
            await session.execute(text("SELECT nothing, CAST(:name AS text)"), {"name": "anna@example.org"})
    assert "anna" not in str(caught.value)


async def test_an_error_in_a_statement_is_no_outage(database: Database) -> None:
    with pytest.raises(Exception, match="does not exist") as wrong:
        async with database.reading() as session:
            await session.execute(text("SELECT * FROM nowhere"))
    assert not isinstance(wrong.value, Unavailable)


async def test_a_full_disk_is_an_outage_and_keeps_nothing(database: Database) -> None:
    full = text("DO $$ BEGIN RAISE EXCEPTION 'no space left on device' USING ERRCODE = 'disk_full'; END $$")
    with pytest.raises(Unavailable) as refused:
        async with database.begin() as session:
            await session.execute(full)
    assert refused.value.reason == "STORAGE_FULL"


async def test_of_two_in_a_deadlock_one_is_told_to_come_again(database: Database) -> None:
    async def lock(session: WriteSession, number: int) -> None:
        await session.execute(text(f"SELECT pg_advisory_xact_lock({number})"))

    async def cross(first: int, second: int) -> None:
        async with database.begin() as session:
            await lock(session, first)
            await met.wait()
            await lock(session, second)

    met = asyncio.Barrier(2)
    outcomes = await asyncio.gather(cross(1, 2), cross(2, 1), return_exceptions=True)
    (lost,) = (o for o in outcomes if o is not None)
    assert isinstance(lost, Aborted)
    assert lost.reason == "CONFLICT"


async def test_a_full_pool_is_unavailable(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    small = Database(database.url, metadata=metadata, pool_size=1)
    monkeypatch.setattr(small.engine.pool, "_timeout", 0.1)
    async with small.transaction() as session:
        await session.execute(text("SELECT 1"))
        with pytest.raises(Unavailable):
            async with small.begin() as second:
                await second.execute(text("SELECT 1"))
    await small.close()
