"""A database in which erasure could overlook somebody is refused before anything is stored in it."""

import pytest
from sqlalchemy import create_engine

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
