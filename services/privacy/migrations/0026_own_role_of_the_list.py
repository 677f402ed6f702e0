"""The entries of the suppression list move into a schema of their own, which a role of its own owns."""

from __future__ import annotations

from alembic import op
from sqlalchemy import text

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

_ROLES = text(
    "SELECT session_user AS login, list.rolname AS role, list.rolcanlogin OR list.rolsuper AS mighty, "
    "pg_has_role(session_user, list.oid, 'SET') AS becomes, pg_has_role(session_user, list.oid, 'USAGE') AS has "
    "FROM (SELECT session_user || '_suppression' AS wanted) AS asked "
    "LEFT JOIN pg_roles AS list ON list.rolname = asked.wanted"
)


def upgrade() -> None:
    connection = op.get_bind()
    found = connection.execute(_ROLES).one()
    if found.role is None or found.mighty or not found.becomes or found.has:
        raise SystemExit(_refusal(found.login))
    quote = connection.dialect.identifier_preparer.quote
    role = quote(found.role)
    # The table moves as it is, with every row and index; no row is written.
    op.execute("CREATE SCHEMA suppression")
    op.execute("ALTER TABLE suppression_entry SET SCHEMA suppression")
    # Who becomes the owner of a table must be allowed to make one in its schema.
    op.execute(f"GRANT CREATE ON SCHEMA suppression TO {role}")
    op.execute(f"ALTER TABLE suppression.suppression_entry OWNER TO {role}")
    op.execute(f"ALTER SCHEMA suppression OWNER TO {role}")
    op.execute(f"SET LOCAL ROLE {role}")
    # What the area never does, nobody does by accident.
    op.execute("REVOKE TRUNCATE, REFERENCES, TRIGGER ON suppression.suppression_entry FROM CURRENT_USER")
    op.execute("RESET ROLE")


def _refusal(login: str) -> str:
    role = f"{login}_suppression"
    return (
        f'The suppression list needs the role "{role}": without a login, and "{login}" may become it but does not '
        "have its rights by itself. As a superuser (docs/operator-guide.md, What you bring):\n"
        f'  CREATE ROLE "{role}" NOLOGIN;\n'
        f'  GRANT "{role}" TO "{login}" WITH INHERIT FALSE, SET TRUE;'
    )
