"""Brute-force protection: names that failed too often have to wait, whether anybody has that name or not."""

import time

from devstack.idp.database import Database
from devstack.idp.realm import Lockout


class Throttle:
    """Counts failed sign-ins by name, as the realm's brute-force settings say."""

    def __init__(self, database: Database, lockout: Lockout) -> None:
        self._database = database
        self._lockout = lockout

    def wait(self, name: str) -> int:
        """Seconds until this name may try again; 0 means now."""
        with self._database.transaction() as connection:
            row = connection.execute(
                "SELECT count, last FROM failures WHERE name = ?", (_key(name),)
            ).fetchone()
        if row is None:
            return 0
        penalty = min(row["count"] // self._lockout.after * self._lockout.step, self._lockout.most)
        return max(0, int(row["last"] + penalty - time.time()))

    def failed(self, name: str) -> None:
        """Count one more failure."""
        now = int(time.time())
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM failures WHERE last < ?", (now - self._lockout.forget,))
            connection.execute(
                "INSERT INTO failures VALUES (?, 1, ?) ON CONFLICT (name) DO UPDATE SET count = count + 1, last = ?",
                (_key(name), now, now),
            )

    def succeeded(self, *names: str) -> None:
        """Forget the failures of somebody, under every name that they can type."""
        with self._database.transaction() as connection:
            connection.executemany("DELETE FROM failures WHERE name = ?", [(_key(name),) for name in names])


def _key(name: str) -> str:
    return name.strip().lower()[:255]
