"""Command: bring a process's database to the schema that its code expects.

    python -m kernel.migrate services.contacts            upgrade
    python -m kernel.migrate services.contacts --check    fail if tables and migrations differ
    python -m kernel.migrate services.contacts --make "why"   write the next migration

Needs KONTOR_DATABASE_URL. Migrations are expand/contract: a release works beside the previous one.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib
import os
import sys
from collections.abc import Callable
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from asyncpg import PostgresError
from sqlalchemy import Connection, MetaData, create_engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from kernel.holder.indexes import PREFIX, align

# One migration at a time per database, however many pods start at once.
_LOCK = 0x4D696772  # "Migr"
# A migration that cannot get its lock quickly must not queue up everybody else behind it.
LOCK_TIMEOUT = "5s"
_WAIT_FOR_DATABASE_S = 60
_TURN_S = 0.2


def configure(package: str, connection: Connection) -> Config:
    """Alembic's configuration for `services.<x>`: its migrations, its metadata, this connection."""
    module = importlib.import_module(f"{package}.tables")
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "alembic"))
    config.set_main_option("version_locations", str(Path(str(module.__file__)).parent / "migrations"))
    config.set_main_option("version_path_separator", "os")
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.attributes["connection"] = connection
    config.attributes["metadata"] = module.metadata
    return config


def upgrade(package: str, connection: Connection) -> None:
    """Upgrades to the newest migration and to the indexes that the declarations ask for, alone."""
    _wait_for_turn(connection)
    connection.execute(text(f"SET lock_timeout = '{LOCK_TIMEOUT}'"))
    connection.commit()
    _refuse_ascii_only(connection)
    try:
        config = configure(package, connection)
        command.upgrade(config, "head")
        align(connection, config.attributes["metadata"])
        connection.commit()
    finally:
        connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _LOCK})
        connection.commit()


def _wait_for_turn(connection: Connection) -> None:
    # Asked again and again: an index is built only when no statement is open that began before, and one that
    # waits for the lock would be such a statement.
    while not connection.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": _LOCK}).scalar_one():
        connection.commit()
        sleep(_TURN_S)


def _refuse_ascii_only(connection: Connection) -> None:
    """Erasure looks for names in texts whatever their case: with "Ä" unlike "ä" it would leave some of them."""
    if connection.execute(text("SELECT lower('Ä') <> 'ä'")).scalar_one():
        raise SystemExit(
            "This database knows upper and lower case of ASCII letters only. Create it with a locale of Unicode, "
            "for example: CREATE DATABASE … TEMPLATE template0 LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8'"
        )


def differences(package: str, connection: Connection) -> list[Any]:
    """What the declared tables have that the migrated database lacks, and the other way round."""
    module = importlib.import_module(f"{package}.tables")
    options = {"compare_type": True, "include_schemas": True, "include_name": _ours(module.metadata)}
    context = MigrationContext.configure(connection, opts=options)
    return list(compare_metadata(context, module.metadata))


def _ours(metadata: MetaData) -> Callable[[str | None, str, Any], bool]:
    schemas = {None} | {table.schema for table in metadata.tables.values()}

    def is_ours(name: str | None, kind: str, _parents: Any) -> bool:
        if kind == "schema":
            return name in schemas
        # What follows from the declarations is in no migration.
        return kind != "index" or not (name or "").startswith(PREFIX)

    return is_ours


def make(package: str, connection: Connection, message: str) -> None:
    """Writes the next migration from the difference, numbered."""
    config = configure(package, connection)
    folder = Path(str(config.get_main_option("version_locations")))
    folder.mkdir(exist_ok=True)
    number = f"{len(list(folder.glob('[0-9]*.py'))) + 1:04d}"
    command.revision(config, message=message, autogenerate=True, rev_id=number)


def with_connection(url: str, act: Any) -> Any:
    """Runs `act(connection)`, waiting for the database to come up."""
    if "+asyncpg" in url:
        return asyncio.run(_with_async_connection(url, act))
    engine = create_engine(url)
    deadline = monotonic() + _WAIT_FOR_DATABASE_S
    while True:
        try:
            with engine.connect() as connection:
                return act(connection)
        except DBAPIError as error:
            _give_up_after(deadline, error)
            sleep(0.5)


async def _with_async_connection(url: str, act: Any) -> Any:
    engine = create_async_engine(url)
    deadline = monotonic() + _WAIT_FOR_DATABASE_S
    while True:
        try:
            async with engine.connect() as connection:
                return await connection.run_sync(act)
        except (DBAPIError, OSError, PostgresError) as error:
            _give_up_after(deadline, error)
            await asyncio.sleep(0.5)
        finally:
            await engine.dispose()


def _give_up_after(deadline: float, error: Exception) -> None:
    # asyncpg's errors come bare while it connects, and wrapped once it has.
    state = getattr(getattr(error, "orig", error), "sqlstate", None) or ""
    # Only a database that is not there yet is worth waiting for; a failed migration is not.
    starting = isinstance(error, OSError) or not state or state.startswith(("08", "57P0"))
    if not starting or monotonic() > deadline:
        raise error


def main() -> int:
    """Reads the arguments and acts."""
    parser = argparse.ArgumentParser(prog="python -m kernel.migrate", description=__doc__)
    parser.add_argument("package", help="e.g. services.contacts")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--make", metavar="WHY")
    arguments = parser.parse_args()
    url = os.environ.get("KONTOR_DATABASE_URL")
    if not url:
        parser.error("KONTOR_DATABASE_URL is not set")
    if arguments.make:
        with_connection(url, lambda c: make(arguments.package, c, arguments.make))
        return 0
    if arguments.check:
        found = with_connection(url, lambda c: differences(arguments.package, c))
        for difference in found:
            print(difference)
        return 1 if found else 0
    with_connection(url, lambda c: upgrade(arguments.package, c))
    print(f"{arguments.package}: database is up to date")
    return 0


if __name__ == "__main__":
    sys.exit(main())
