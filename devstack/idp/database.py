"""The provider's state on disk: one SQLite file that only its owner may read."""

import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

_SCHEMA = """
CREATE TABLE IF NOT EXISTS secrets (name TEXT PRIMARY KEY, value BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS users (
    id TEXT PRIMARY KEY, username TEXT NOT NULL UNIQUE, email TEXT UNIQUE, email_verified INTEGER NOT NULL,
    enabled INTEGER NOT NULL, first_name TEXT NOT NULL, last_name TEXT NOT NULL, attributes TEXT NOT NULL,
    roles TEXT NOT NULL, client_roles TEXT NOT NULL, service_client TEXT UNIQUE, password TEXT,
    created INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS memberships (
    user_id TEXT NOT NULL REFERENCES users ON DELETE CASCADE, path TEXT NOT NULL, PRIMARY KEY (user_id, path));
CREATE TABLE IF NOT EXISTS sessions (
    sid TEXT PRIMARY KEY, user_id TEXT NOT NULL REFERENCES users ON DELETE CASCADE,
    auth_time INTEGER NOT NULL, last_seen INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS codes (
    digest TEXT PRIMARY KEY, client_id TEXT NOT NULL, redirect_uri TEXT NOT NULL, scope TEXT NOT NULL,
    sid TEXT NOT NULL REFERENCES sessions ON DELETE CASCADE, nonce TEXT, challenge TEXT, acr TEXT NOT NULL,
    issued INTEGER NOT NULL, used INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS refresh_tokens (
    digest TEXT PRIMARY KEY, family TEXT NOT NULL, client_id TEXT NOT NULL, scope TEXT NOT NULL,
    sid TEXT NOT NULL REFERENCES sessions ON DELETE CASCADE, acr TEXT NOT NULL, issued INTEGER NOT NULL,
    rotated INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS refresh_family ON refresh_tokens (family);
CREATE TABLE IF NOT EXISTS second_factors (
    user_id TEXT PRIMARY KEY REFERENCES users ON DELETE CASCADE, secret TEXT NOT NULL, last_step INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS failures (name TEXT PRIMARY KEY, count INTEGER NOT NULL, last INTEGER NOT NULL);
"""


class Database:
    """One connection, one writer at a time. Small and certain beats fast in a provider for one machine."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = folder / "idp.sqlite3"
        path.touch(mode=0o600, exist_ok=True)
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA foreign_keys = ON")
        self._connection.executescript(_SCHEMA)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Everything inside happens as one, or not at all. Nested calls join the outer transaction."""
        with self._lock:
            if self._connection.in_transaction:
                yield self._connection
                return
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def secret(self, name: str, *, make: Callable[[], bytes]) -> bytes:
        """The value kept under `name`, made on first use."""
        with self.transaction() as connection:
            row = connection.execute("SELECT value FROM secrets WHERE name = ?", (name,)).fetchone()
            if row is not None:
                return bytes(row["value"])
            value = make()
            connection.execute("INSERT INTO secrets VALUES (?, ?)", (name, value))
            return value

    def secret_names(self, prefix: str) -> list[str]:
        """The names that begin so, in the order in which their values were made."""
        with self.transaction() as connection:
            rows = connection.execute(
                "SELECT name FROM secrets WHERE substr(name, 1, ?) = ? ORDER BY rowid", (len(prefix), prefix)
            )
            return [row["name"] for row in rows]

    def forget_secrets(self, names: Sequence[str]) -> None:
        """Remove the values for ever."""
        with self.transaction() as connection:
            connection.executemany("DELETE FROM secrets WHERE name = ?", [(name,) for name in names])

    def close(self) -> None:
        """Write everything out and let the file go."""
        with self._lock:
            self._connection.close()
