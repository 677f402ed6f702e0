"""People and service accounts: rows, and the shape in which Keycloak's files and admin interface carry them."""

import json
import sqlite3
import time
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from devstack.idp.database import Database
from devstack.idp.passwords import hash_password


class DuplicateUser(Exception):
    """The username or e-mail address belongs to somebody else."""


@dataclass(frozen=True, slots=True)
class User:
    """One account as the tokens see it."""

    id: str
    username: str
    email: str | None
    email_verified: bool
    enabled: bool
    first_name: str
    last_name: str
    attributes: Mapping[str, Sequence[str]]
    roles: tuple[str, ...]
    client_roles: Mapping[str, Sequence[str]]
    service_client: str | None
    password: str | None
    created: int

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def logins(self) -> tuple[str, ...]:
        """What the person may type to be recognised."""
        return (self.username, self.email) if self.email else (self.username,)

    def representation(self) -> dict[str, Any]:
        """Keycloak's UserRepresentation, without credentials and roles."""
        return {
            "id": self.id,
            "username": self.username,
            "email": self.email,
            "emailVerified": self.email_verified,
            "enabled": self.enabled,
            "firstName": self.first_name,
            "lastName": self.last_name,
            "attributes": dict(self.attributes),
            "createdTimestamp": self.created * 1000,
        }


class Users:
    """All accounts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, user_id: str) -> User | None:
        return self._one("SELECT * FROM users WHERE id = ?", user_id)

    def by_login(self, login: str) -> User | None:
        """Find by username or e-mail address, whatever the case; never a service account."""
        name = login.strip().lower()
        return self._one("SELECT * FROM users WHERE service_client IS NULL AND ? IN (username, email)", name)

    def service_account(self, client_id: str) -> User | None:
        return self._one("SELECT * FROM users WHERE service_client = ?", client_id)

    def search(self, *, filters: Mapping[str, str], exact: bool) -> list[User]:
        """People by username, email, firstName or lastName, as Keycloak's admin interface finds them."""
        return [user for user in self._all() if _fits(user, filters, exact=exact)]

    def groups_of(self, user_id: str) -> list[str]:
        """Paths of the groups that somebody is in."""
        with self._database.transaction() as connection:
            found = connection.execute(
                "SELECT path FROM memberships WHERE user_id = ? ORDER BY path", (user_id,)
            )
            return [str(row["path"]) for row in found]

    def in_group(self, path: str) -> list[User]:
        """Everybody in a group."""
        statement = (
            "SELECT users.* FROM users JOIN memberships ON user_id = id WHERE path = ? ORDER BY username"
        )
        with self._database.transaction() as connection:
            return [_user(row) for row in connection.execute(statement, (path,))]

    def with_role(self, role: str) -> list[User]:
        """Everybody to whom the role was given, service accounts too; not those who have it by a composite."""
        with self._database.transaction() as connection:
            rows = [_user(row) for row in connection.execute("SELECT * FROM users ORDER BY username")]
        return [user for user in rows if role in user.roles]

    def create(self, raw: Mapping[str, Any], *, roles: Iterable[str]) -> User:
        """Add an account from Keycloak's representation. Raises DuplicateUser."""
        user = _parse(raw, roles=tuple(roles))
        try:
            with self._database.transaction() as connection:
                connection.execute(f"INSERT INTO users VALUES ({', '.join('?' * 13)})", _row(user))  # noqa: S608
                memberships = [(user.id, path) for path in raw.get("groups") or ()]
                connection.executemany("INSERT INTO memberships VALUES (?, ?)", memberships)
        except sqlite3.IntegrityError as error:
            raise DuplicateUser from error
        return user

    def change(self, user: User, raw: Mapping[str, Any]) -> None:
        """Overwrite the fields that `raw` names. Raises DuplicateUser."""
        merged = _parse({**user.representation(), **raw, "id": user.id}, roles=user.roles)
        values = (
            merged.username, merged.email, merged.email_verified, merged.enabled, merged.first_name, merged.last_name,
            json.dumps(merged.attributes), merged.password or user.password, user.id,
        )  # fmt: skip
        statement = (
            "UPDATE users SET username = ?, email = ?, email_verified = ?, enabled = ?, first_name = ?, "
            "last_name = ?, attributes = ?, password = ? WHERE id = ?"
        )
        try:
            with self._database.transaction() as connection:
                connection.execute(statement, values)
        except sqlite3.IntegrityError as error:
            raise DuplicateUser from error

    def set_roles(self, user_id: str, roles: Iterable[str]) -> None:
        self._update("UPDATE users SET roles = ? WHERE id = ?", json.dumps(sorted(set(roles))), user_id)

    def set_password(self, user_id: str, password: str) -> None:
        self._update("UPDATE users SET password = ? WHERE id = ?", hash_password(password), user_id)

    def confirm_email(self, user_id: str) -> None:
        self._update("UPDATE users SET email_verified = 1 WHERE id = ?", user_id)

    def delete(self, user_id: str) -> None:
        """Remove the account; its sessions and tokens go with it."""
        self._update("DELETE FROM users WHERE id = ?", user_id)

    def sync(self, raw: Mapping[str, Any], *, roles: Iterable[str]) -> User:
        """Bring in an account of a file: a new one is added, people who exist keep what they changed."""
        client = raw.get("serviceAccountClientId")
        known = self.service_account(client) if client else self.by_login(raw["username"])
        if known is None:
            return self.create(raw, roles=roles)
        if client:
            self._sync_service_account(known, raw)
        return known

    def _sync_service_account(self, known: User, raw: Mapping[str, Any]) -> None:
        # The file is the truth about services: a role that it takes away must be gone after a restart.
        self.set_roles(known.id, raw.get("realmRoles", ()))
        text = json.dumps(raw.get("clientRoles", {}))
        self._update("UPDATE users SET client_roles = ? WHERE id = ?", text, known.id)

    def _all(self) -> list[User]:
        with self._database.transaction() as connection:
            rows = connection.execute("SELECT * FROM users WHERE service_client IS NULL ORDER BY username")
            return [_user(row) for row in rows]

    def _one(self, statement: str, value: str) -> User | None:
        with self._database.transaction() as connection:
            row = connection.execute(statement, (value,)).fetchone()
            return _user(row) if row else None

    def _update(self, statement: str, *values: str) -> None:
        with self._database.transaction() as connection:
            connection.execute(statement, values)


def _fits(user: User, filters: Mapping[str, str], *, exact: bool) -> bool:
    fields = {
        "username": user.username,
        "email": user.email or "",
        "firstName": user.first_name,
        "lastName": user.last_name,
    }
    for key, wanted in filters.items():
        values = list(fields.values()) if key == "search" else [fields[key]]
        if exact and not any(value.lower() == wanted.lower() for value in values):
            return False
        if not any(wanted.lower() in value.lower() for value in values):
            return False
    return True


def _parse(raw: Mapping[str, Any], *, roles: tuple[str, ...]) -> User:
    secrets = [item["value"] for item in raw.get("credentials") or () if item.get("type") == "password"]
    email = raw.get("email")
    return User(
        id=raw.get("id") or str(uuid.uuid4()),
        username=(raw.get("username") or email or "").strip().lower(),
        email=email.strip().lower() if email else None,
        email_verified=bool(raw.get("emailVerified")),
        enabled=bool(raw.get("enabled", False)),
        first_name=raw.get("firstName") or "",
        last_name=raw.get("lastName") or "",
        attributes=raw.get("attributes") or {},
        roles=roles,
        client_roles=raw.get("clientRoles") or {},
        service_client=raw.get("serviceAccountClientId"),
        password=hash_password(secrets[-1]) if secrets else None,
        created=int(time.time()),
    )


def _row(user: User) -> tuple[Any, ...]:
    return (
        user.id, user.username, user.email, user.email_verified, user.enabled, user.first_name, user.last_name,
        json.dumps(dict(user.attributes)), json.dumps(sorted(user.roles)), json.dumps(dict(user.client_roles)),
        user.service_client, user.password, user.created,
    )  # fmt: skip


def _user(row: sqlite3.Row) -> User:
    values = dict(row)
    for key in ("attributes", "client_roles"):
        values[key] = json.loads(values[key])
    values["roles"] = tuple(json.loads(values["roles"]))
    values["enabled"], values["email_verified"] = bool(values["enabled"]), bool(values["email_verified"])
    return User(**values)
