"""Sign-in sessions, authorization codes and refresh tokens: what may be used how often and until when."""

import hashlib
import secrets
import sqlite3
import time
from dataclasses import dataclass

from authlib.oauth2.rfc6749 import AuthorizationCodeMixin, TokenMixin

from devstack.idp.client import Client
from devstack.idp.database import Database
from devstack.idp.realm import Realm


@dataclass(frozen=True)
class Session:
    """One sign-in of one person in one browser. Times are seconds since 1970."""

    sid: str
    user_id: str
    auth_time: int
    last_seen: int


@dataclass(frozen=True)
class Code(AuthorizationCodeMixin):  # type: ignore[misc]  # Authlib carries no types
    """A redeemed authorization code."""

    digest: str
    redirect_uri: str
    scope: str
    sid: str
    nonce: str | None
    code_challenge: str | None
    acr: str
    code_challenge_method: str = "S256"

    def get_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_scope(self) -> str:
        return self.scope


@dataclass(frozen=True)
class RefreshToken(TokenMixin):  # type: ignore[misc]  # Authlib carries no types
    """A refresh token that may be used once more."""

    digest: str
    family: str
    client_id: str
    scope: str
    sid: str
    acr: str

    def check_client(self, client: Client) -> bool:
        return self.client_id == client.client_id

    def get_scope(self) -> str:
        return self.scope


class Sessions:
    """All sessions and what hangs on them."""

    def __init__(self, database: Database, realm: Realm) -> None:
        self._database = database
        self._realm = realm

    def open(self, user_id: str) -> Session:
        """Start a session for somebody who has just proved who they are."""
        self.purge()
        now = int(time.time())
        session = Session(sid=secrets.token_urlsafe(24), user_id=user_id, auth_time=now, last_seen=now)
        self._run("INSERT INTO sessions VALUES (?, ?, ?, ?)", session.sid, user_id, now, now)
        return session

    def get(self, sid: str) -> Session | None:
        """The session, if it is still within its idle and overall lifespan."""
        now = int(time.time())
        with self._database.transaction() as connection:
            row = connection.execute(
                "SELECT * FROM sessions WHERE sid = ? AND last_seen > ? AND auth_time > ?",
                (sid, now - self._realm.idle_lifespan, now - self._realm.session_lifespan),
            ).fetchone()
        return Session(**dict(row)) if row else None

    def touch(self, sid: str) -> None:
        """Note that the session was used, so that its idle time starts anew."""
        self._run("UPDATE sessions SET last_seen = ? WHERE sid = ?", int(time.time()), sid)

    def close(self, sid: str) -> None:
        """End the session; its codes and refresh tokens die with it."""
        self._run("DELETE FROM sessions WHERE sid = ?", sid)

    def of(self, user_id: str) -> list[str]:
        """The sids of one account."""
        with self._database.transaction() as connection:
            return [
                row["sid"]
                for row in connection.execute("SELECT sid FROM sessions WHERE user_id = ?", (user_id,))
            ]

    def clients_of(self, sid: str) -> set[str]:
        """Which clients got tokens in this session."""
        with self._database.transaction() as connection:
            rows = connection.execute("SELECT DISTINCT client_id FROM refresh_tokens WHERE sid = ?", (sid,))
            return {row["client_id"] for row in rows}

    def purge(self) -> None:
        """Forget sessions that have run out."""
        now = int(time.time())
        idle, overall = now - self._realm.idle_lifespan, now - self._realm.session_lifespan
        self._run("DELETE FROM sessions WHERE last_seen <= ? OR auth_time <= ?", idle, overall)

    def save_code(self, code: str, *, client: Client, details: Code) -> None:
        """Keep a fresh code; only its digest, so that the file gives nobody a usable one."""
        self._run(
            "INSERT INTO codes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0)",
            digest(code), client.client_id, details.redirect_uri, details.scope, details.sid, details.nonce,
            details.code_challenge, details.acr, int(time.time()),
        )  # fmt: skip

    def take_code(self, code: str, *, client: Client) -> Code | None:
        """Use up a code. A second use also ends what the first one gave out (RFC 9700, 2.1.1)."""
        key = digest(code)
        with self._database.transaction() as connection:
            row = connection.execute(
                "SELECT * FROM codes WHERE digest = ? AND client_id = ?", (key, client.client_id)
            ).fetchone()
            if row is None:
                return None
            if row["used"]:
                self.revoke_family(key)
                return None
            connection.execute("UPDATE codes SET used = 1 WHERE digest = ?", (key,))
        if row["issued"] + self._realm.code_lifespan < time.time():
            return None
        return _code(row)

    def nonce_used(self, nonce: str, *, client_id: str) -> bool:
        """Whether this client's nonce already led to a code."""
        with self._database.transaction() as connection:
            query = "SELECT 1 FROM codes WHERE nonce = ? AND client_id = ?"
            return connection.execute(query, (nonce, client_id)).fetchone() is not None

    def save_refresh_token(self, token: str, *, details: RefreshToken) -> None:
        self._run(
            "INSERT INTO refresh_tokens VALUES (?, ?, ?, ?, ?, ?, ?, 0)",
            digest(token), details.family, details.client_id, details.scope, details.sid, details.acr,
            int(time.time()),
        )  # fmt: skip

    def find_refresh_token(self, token: str, *, client: Client) -> RefreshToken | None:
        """The token, if this client may use it. One that was used before gives its whole family away."""
        with self._database.transaction() as connection:
            row = connection.execute(
                "SELECT * FROM refresh_tokens WHERE digest = ? AND client_id = ?",
                (digest(token), client.client_id),
            ).fetchone()
            if row is not None and row["rotated"]:
                self.revoke_family(row["family"])
                return None
        if row is None or self.get(row["sid"]) is None:
            return None
        return _refresh_token(row)

    def rotate(self, token: RefreshToken) -> bool:
        """Mark as used. False for the loser of a race: somebody else has used it meanwhile."""
        with self._database.transaction() as connection:
            statement = "UPDATE refresh_tokens SET rotated = 1 WHERE digest = ? AND rotated = 0"
            return connection.execute(statement, (token.digest,)).rowcount == 1

    def revoke_family(self, family: str) -> None:
        self._run("DELETE FROM refresh_tokens WHERE family = ?", family)

    def _run(self, statement: str, *values: object) -> None:
        with self._database.transaction() as connection:
            connection.execute(statement, values)


def digest(token: str) -> str:
    """What is stored in place of a code or token."""
    return hashlib.sha256(token.encode()).hexdigest()


def _code(row: sqlite3.Row) -> Code:
    return Code(
        digest=row["digest"], redirect_uri=row["redirect_uri"], scope=row["scope"], sid=row["sid"],
        nonce=row["nonce"], code_challenge=row["challenge"], acr=row["acr"],
    )  # fmt: skip


def _refresh_token(row: sqlite3.Row) -> RefreshToken:
    return RefreshToken(
        digest=row["digest"], family=row["family"], client_id=row["client_id"], scope=row["scope"],
        sid=row["sid"], acr=row["acr"],
    )  # fmt: skip
