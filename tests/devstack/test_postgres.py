"""The databases that tests get: real, on loopback, clean, and closed to other services."""

import socket
from collections.abc import Callable

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from devstack.ports import LOOPBACK
from devstack.postgres import Postgres
from tests.fixtures.postgres import PostgresUrl

Admin = Callable[[str], psycopg.Connection]


async def test_the_scratch_database_answers(postgres_url: PostgresUrl) -> None:
    engine = create_async_engine(postgres_url())
    async with engine.begin() as connection:
        version = await connection.scalar(text("SHOW server_version_num"))
    await engine.dispose()
    assert int(version or "0") >= 160000


@pytest.mark.parametrize("attempt", [1, 2])
def test_rows_of_one_test_are_gone_in_the_next(
    postgres_url: PostgresUrl, postgres_admin: Admin, attempt: int
) -> None:
    postgres_url()
    with postgres_admin("scratch") as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS pebble (id int GENERATED ALWAYS AS IDENTITY)")
        assert connection.execute("SELECT count(*) FROM pebble").fetchone() == (0,)
        connection.execute("INSERT INTO pebble DEFAULT VALUES")
        assert connection.execute("SELECT id FROM pebble").fetchone() == (1,)


def test_trusted_extensions_are_there_for_the_owner(postgres_url: PostgresUrl) -> None:
    address = postgres_url(driver="psycopg").replace("+psycopg", "")
    with psycopg.connect(address, autocommit=True) as connection:
        for extension in ("pg_trgm", "unaccent", "btree_gin", "citext"):
            connection.execute(f"CREATE EXTENSION IF NOT EXISTS {extension}".encode())


def test_a_wrong_password_is_refused(postgres_url: PostgresUrl) -> None:
    address = postgres_url(driver="psycopg").replace("+psycopg", "").replace("kontor-test@", "wrong@")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(address)


def test_the_server_listens_on_loopback_only(postgres_server: Postgres) -> None:
    with postgres_server.connect() as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == (LOOPBACK,)
    other_loopback = "127.0.0.2"
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((other_loopback, postgres_server.port), timeout=1)
