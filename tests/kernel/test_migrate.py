"""What migrating waits for and what it refuses: a database that overlooks somebody, before anything is stored in it."""

from time import monotonic

import asyncpg
import pytest
from sqlalchemy import create_engine
from sqlalchemy.exc import DBAPIError

from kernel import migrate
from kernel.migrate import upgrade
from tests.fixtures.postgres import Databases


def test_a_database_that_folds_only_ascii_letters_is_refused(databases: Databases) -> None:
    with databases.server.connect("postgres") as admin:
        admin.autocommit = True
        admin.execute(
            "CREATE DATABASE ascii_only TEMPLATE template0 ENCODING 'UTF8' LOCALE_PROVIDER libc LOCALE 'C'"
        )
        info = admin.info
        url = f"postgresql+psycopg://{info.user}:{info.password}@{info.host}:{info.port}/ascii_only"
        engine = create_engine(url)
        try:
            with engine.connect() as connection, pytest.raises(SystemExit, match="Unicode"):
                upgrade("services.contacts", connection)
        finally:
            engine.dispose()
            admin.execute("DROP DATABASE ascii_only")


@pytest.mark.parametrize("wrapped", [False, True])
def test_a_database_that_is_still_starting_is_waited_for(wrapped: bool) -> None:
    bare = asyncpg.CannotConnectNowError("the database system is starting up")
    error = DBAPIError("SELECT 1", {}, bare) if wrapped else bare
    migrate._give_up_after(monotonic() + 60, error)
    with pytest.raises(type(error)):
        migrate._give_up_after(monotonic() - 1, error)


def test_a_failed_migration_is_not_tried_again() -> None:
    with pytest.raises(asyncpg.UndefinedTableError):
        migrate._give_up_after(monotonic() + 60, asyncpg.UndefinedTableError("no such table"))
