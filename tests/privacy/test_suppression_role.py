"""The entries lie in a schema of their own, and only their own role reads or changes them."""

import uuid
from collections.abc import Callable

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from devstack.postgres import create_database, create_inner_role, create_role
from kernel.migrate import differences, upgrade, with_connection
from services.privacy.suppression import store
from services.privacy.suppression.model import Address
from tests.fixtures.postgres import PASSWORD, Databases
from tests.privacy.parts import Parts

Admin = Callable[[str], psycopg.Connection]
ANNA = Address(1, "anna@example.org")

FORBIDDEN = [
    "SELECT count(*) FROM suppression.suppression_entry",
    "INSERT INTO suppression.suppression_entry (id) VALUES (gen_random_uuid())",
    "UPDATE suppression.suppression_entry SET reason = 'staff'",
    "DELETE FROM suppression.suppression_entry",
    "TRUNCATE suppression.suppression_entry",
    "DROP SCHEMA suppression CASCADE",
    "GRANT SELECT ON suppression.suppression_entry TO CURRENT_USER",
]
# What nobody may do in the area's own role either.
BEYOND = [
    "SELECT count(*) FROM consent_record",
    "SELECT count(*) FROM suppression_lifting",
    "DELETE FROM audit_entry",
    "TRUNCATE suppression.suppression_entry",
]


@pytest.mark.parametrize("statement", FORBIDDEN)
async def test_the_services_ordinary_role_is_refused(parts: Parts, statement: str) -> None:
    await parts.suppression.add_suppression(ANNA, reason="objection")
    with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"):
        async with parts.database.transaction() as session:
            await session.execute(text(statement))
    assert await parts.suppression.check_suppressions([ANNA]) == [True]


@pytest.mark.parametrize("statement", BEYOND)
async def test_the_lists_role_can_do_nothing_else(parts: Parts, statement: str) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"):
        async with parts.database.transaction() as session, store.opened(session):
            await session.execute(text(statement))


async def test_after_the_list_a_transaction_goes_on_in_its_ordinary_role(parts: Parts) -> None:
    async with parts.database.transaction() as session:
        await parts.suppression.add(session, ANNA, reason="staff")
        await parts.suppression.suppressed(session, [ANNA])
        ours = (await session.execute(text("SELECT current_user = session_user"))).scalar_one()
    async with parts.database.reading() as reading:
        later = (await reading.execute(text("SELECT current_user = session_user"))).scalar_one()
    assert ours
    assert later


async def test_an_error_in_the_list_leaves_no_connection_in_its_role(parts: Parts) -> None:
    for _ in range(3):
        with pytest.raises(RuntimeError):
            async with parts.database.transaction() as session, store.opened(session):
                raise RuntimeError
        async with parts.database.transaction() as session:
            assert (await session.execute(text("SELECT current_user = session_user"))).scalar_one()


class Before:
    """A database as the release before left it, with entries."""

    def __init__(self, databases: Databases) -> None:
        self.server = databases.server
        self.login = f"kontor_before_{uuid.uuid4().hex[:8]}"
        with self.server.connect() as connection:
            create_role(connection, self.login, PASSWORD)
            create_database(connection, self.login, owner=self.login)

    def url(self) -> str:
        return self.server.url(role=self.login, password=PASSWORD, database=self.login, driver="psycopg")

    def migrate(self) -> None:
        with_connection(self.url(), lambda c: upgrade("services.privacy", c))

    def entries(self, schema: str) -> list[tuple[object, ...]]:
        with self.server.connect(self.login) as connection:
            table = sql.Identifier(schema, "suppression_entry")
            return connection.execute(sql.SQL("SELECT * FROM {} ORDER BY id").format(table)).fetchall()

    def drop(self) -> None:
        with self.server.connect() as connection:
            for name in ("DATABASE {} WITH (FORCE)", "ROLE {}"):
                connection.execute(sql.SQL("DROP " + name).format(sql.Identifier(self.login)))
            connection.execute(
                sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(f"{self.login}_suppression"))
            )


def _to(revision: str) -> Callable[[object], None]:
    from alembic import command

    from kernel.migrate import configure

    def act(connection: object) -> None:
        command.upgrade(configure("services.privacy", connection), revision)  # type: ignore[arg-type]
        connection.commit()  # type: ignore[attr-defined]

    return act


@pytest.mark.filterwarnings("ignore:The version_path_separator:DeprecationWarning")
def test_entries_move_without_a_loss_and_only_with_the_right_role(databases: Databases) -> None:
    before = Before(databases)
    try:
        with_connection(before.url(), _to("0025"))
        with before.server.connect(before.login) as connection:
            connection.execute(
                "INSERT INTO suppression_entry (id, channel, key_id, address_hash, reason, prevents, created_at) "
                "SELECT gen_random_uuid(), 1, 'k' || n % 2, sha256(n::text::bytea), 'erasure', 'marketing', now() "
                "FROM generate_series(1, 1000) AS n"
            )
        known = before.entries("public")
        with pytest.raises(SystemExit, match="CREATE ROLE"):
            before.migrate()
        assert before.entries("public") == known
        with before.server.connect() as connection:
            create_inner_role(connection, before.login, "suppression")
            role, login = sql.Identifier(f"{before.login}_suppression"), sql.Identifier(before.login)
            connection.execute(sql.SQL("GRANT {} TO {} WITH INHERIT TRUE").format(role, login))
        # Somebody who has the rights anyhow makes the separation a show.
        with pytest.raises(SystemExit, match="INHERIT FALSE"):
            before.migrate()
        with before.server.connect() as connection:
            create_inner_role(connection, before.login, "suppression")
        for _ in range(2):
            before.migrate()
        assert before.entries("suppression") == known
        assert with_connection(before.url(), lambda c: differences("services.privacy", c)) == []
    finally:
        before.drop()
