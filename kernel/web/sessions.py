"""Logins kept on the server: opened, read, refreshed under a row lock, closed."""

import hashlib
import json
import secrets
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import ColumnElement, Connection, Engine, Table, create_engine, delete, insert, select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.exc import SQLAlchemyError

from kernel.clock import Clock, SystemClock
from kernel.web.logout_tokens import LogoutNotice
from kernel.web.tables import LoginRow, LogoutTokenRow

ABSOLUTE_LIMIT = timedelta(hours=10)
IDLE_LIMIT = timedelta(minutes=30)
_TOUCH_EVERY = timedelta(minutes=1)
_SWEEP_EVERY = timedelta(minutes=1)
_REFRESH_BEFORE = timedelta(seconds=30)

_table = cast(Table, LoginRow.__table__)
_spent = cast(Table, LogoutTokenRow.__table__)


@dataclass(frozen=True)
class Tokens:
    """What the provider issued; `expires_at` is the access token's end."""

    access: str
    refresh: str
    identity: str
    expires_at: datetime

    def stale(self, now: datetime) -> bool:
        """Whether a call started now could outlive the access token."""
        return now + _REFRESH_BEFORE >= self.expires_at


@dataclass(frozen=True)
class Login:
    """A person who is logged in, as the provider described them."""

    issuer: str
    subject: str
    provider_sid: str
    name: str
    email: str
    email_verified: bool
    roles: frozenset[str]
    tokens: Tokens


@dataclass(frozen=True)
class OpenLogin:
    """One login of a person as the list of their own shows it; `device` as `kernel.web.devices` reads it."""

    device: str
    since: datetime
    last_seen: datetime
    here: bool


Renew = Callable[[Tokens], "Tokens | None"]


class Sessions:
    """The store. Times come from the clock, so that tests need not wait ten hours."""

    def __init__(
        self,
        engine: Engine,
        *,
        secret: str,
        clock: Clock | None = None,
    ) -> None:
        self._engine = engine
        self._cipher = _Cipher(secret)
        self._now = (clock or SystemClock()).now
        self._swept_at = datetime.min.replace(tzinfo=UTC)

    def open(self, login: Login, *, replaces: str | None = None, device: str = "") -> str:
        """Store a login under a new random id (never a reused one) and answer the id."""
        raw = secrets.token_urlsafe(32)
        now = self._now()
        values = {
            "id_hash": _hash(raw),
            "issuer": login.issuer,
            "subject": login.subject,
            "provider_sid": login.provider_sid,
            "payload": self._cipher.seal(login, key=_hash(raw)),
            "device": device,
            "created_at": now,
            "last_seen_at": now,
            "expires_at": now + ABSOLUTE_LIMIT,
        }
        with self._engine.begin() as connection:
            if replaces:
                connection.execute(delete(_table).where(_table.c.id_hash == _hash(replaces)))
            connection.execute(insert(_table).values(values))
        return raw

    def load(self, raw: str, *, renew: Renew, in_use: bool = True) -> Login | None:
        """The login behind an id, with a usable access token; None if it has ended.

        `renew` asks the provider; None from it means the provider ended the login. Without somebody at the page
        (`in_use`) the time until `IDLE_LIMIT` goes on.
        """
        self._sweep()
        key = _hash(raw)
        with self._engine.begin() as connection:
            found = self._read(connection, key, lock=False)
            if found is None:
                return None
            login, last_seen = found
            if in_use and self._now() - last_seen > _TOUCH_EVERY:
                self._write(connection, key, last_seen_at=self._now())
            if login.tokens.stale(self._now()):
                renewed = self._renew(connection, key, renew)
                if renewed is None:
                    connection.execute(delete(_table).where(_table.c.id_hash == key))
                return renewed
            return login

    def close(self, raw: str) -> None:
        """Forget one login; unknown ids are already forgotten."""
        with self._engine.begin() as connection:
            connection.execute(delete(_table).where(_table.c.id_hash == _hash(raw)))

    def own(self, raw: str, *, login: Login) -> list[OpenLogin]:
        """All open logins of the person behind `login`, the latest used first; `raw` is the one in hand."""
        query = (
            select(_table.c.id_hash, _table.c.device, _table.c.created_at, _table.c.last_seen_at)
            .where(*_of_person(login), *self._open())
            .order_by(_table.c.last_seen_at.desc())
        )
        with self._engine.connect() as connection:
            rows = connection.execute(query).all()
        return [
            OpenLogin(row.device, row.created_at, row.last_seen_at, here=row.id_hash == _hash(raw))
            for row in rows
        ]

    def close_all_of(self, login: Login) -> list[Login]:
        """Forget every login of the person behind `login`; answers them, so that the provider can be told."""
        # A refresh under way holds its row: the tokens that come back are the newest.
        statement = delete(_table).where(*_of_person(login)).returning(_table.c.id_hash, _table.c.payload)
        with self._engine.begin() as connection:
            rows = connection.execute(statement).all()
        ended = [self._cipher.unseal(row.payload, key=row.id_hash) for row in rows]
        return [one for one in ended if one is not None]

    def obey(self, notice: LogoutNotice) -> int | None:
        """Forget what the provider has ended; how many that were, None if the notice was obeyed before."""
        proof = hashlib.sha256(f"{notice.issuer}\n{notice.jti}".encode()).digest()
        spend = (
            pg_insert(_spent)
            .values(id_hash=proof, expires_at=notice.until)
            .on_conflict_do_nothing()
            .returning(_spent.c.id_hash)
        )
        ended = [_table.c.issuer == notice.issuer]
        if notice.sid:
            ended.append(_table.c.provider_sid == notice.sid)
        if notice.subject:
            ended.append(_table.c.subject == notice.subject)
        # One commit: a notice that was noted is one that was obeyed.
        with self._engine.begin() as connection:
            if connection.execute(spend).first() is None:
                return None
            return connection.execute(delete(_table).where(*ended)).rowcount

    def ready(self) -> bool:
        """Whether the database answers and has been migrated."""
        try:
            with self._engine.connect() as connection:
                connection.execute(select(_table.c.id_hash).limit(1))
        except SQLAlchemyError:
            return False
        return True

    def dispose(self) -> None:
        """Close the pool's connections; the store is not used afterwards."""
        self._engine.dispose()

    def _renew(self, connection: Connection, key: bytes, renew: Renew) -> Login | None:
        # Parallel requests of one browser queue here. The first one refreshes; the
        # others find a fresh token and do not spend the rotated refresh token again,
        # which a strict provider would answer by ending the whole session.
        found = self._read(connection, key, lock=True)
        if found is None:
            return None
        login, _ = found
        if not login.tokens.stale(self._now()):
            return login
        tokens = renew(login.tokens)
        if tokens is None:
            return None
        fresh = replace(login, tokens=tokens)
        self._write(connection, key, payload=self._cipher.seal(fresh, key=key))
        return fresh

    def _read(self, connection: Connection, key: bytes, *, lock: bool) -> tuple[Login, datetime] | None:
        query = select(_table.c.payload, _table.c.last_seen_at).where(_table.c.id_hash == key, *self._open())
        row = connection.execute(query.with_for_update() if lock else query).one_or_none()
        if row is None:
            return None
        login = self._cipher.unseal(row.payload, key=key)
        # A changed KONTOR_SECRET_KEY makes old payloads unreadable: everybody logs in anew.
        return None if login is None else (login, row.last_seen_at)

    def _open(self) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
        """What holds for a login that has not run out."""
        return _table.c.expires_at > self._now(), _table.c.last_seen_at > self._now() - IDLE_LIMIT

    def _write(self, connection: Connection, key: bytes, **values: Any) -> None:
        connection.execute(update(_table).where(_table.c.id_hash == key).values(**values))

    def _sweep(self) -> None:
        """Delete what has ended, at most once a minute, in passing."""
        now = self._now()
        if now - self._swept_at < _SWEEP_EVERY:
            return
        self._swept_at = now
        ended = (_table.c.expires_at <= now) | (_table.c.last_seen_at <= now - IDLE_LIMIT)
        with self._engine.begin() as connection:
            connection.execute(delete(_table).where(ended))
            connection.execute(delete(_spent).where(_spent.c.expires_at <= now))


class _Cipher:
    """Seals a login; the row's key is bound in, so payloads cannot be swapped between rows."""

    def __init__(self, secret: str) -> None:
        derived = HKDF(
            algorithm=SHA256(), length=32, salt=None, info=b"kontor web session payload v1"
        ).derive(secret.encode())
        self._aead = AESGCM(derived)

    def seal(self, login: Login, *, key: bytes) -> bytes:
        plain = asdict(login)
        plain["roles"] = sorted(login.roles)
        plain["tokens"]["expires_at"] = login.tokens.expires_at.isoformat()
        nonce = secrets.token_bytes(12)
        return nonce + self._aead.encrypt(nonce, json.dumps(plain).encode(), key)

    def unseal(self, sealed: bytes, *, key: bytes) -> Login | None:
        try:
            plain = json.loads(self._aead.decrypt(sealed[:12], sealed[12:], key))
        except InvalidTag:
            return None
        tokens = plain.pop("tokens")
        tokens["expires_at"] = datetime.fromisoformat(tokens["expires_at"])
        return Login(**{**plain, "roles": frozenset(plain["roles"]), "tokens": Tokens(**tokens)})


def _of_person(login: Login) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return _table.c.issuer == login.issuer, _table.c.subject == login.subject


def _hash(raw: str) -> bytes:
    return hashlib.sha256(raw.encode()).digest()


def make_engine(database_url: str, *, threads: int) -> Engine:
    """An engine whose statements give up before the visitor does."""
    return create_engine(
        database_url,
        pool_size=min(threads, 8),
        max_overflow=threads,
        pool_pre_ping=True,
        # Whatever shows an error must not show the row that caused it.
        hide_parameters=True,
        pool_timeout=5,
        connect_args={
            "connect_timeout": 5,
            # Longer than one refresh at the provider: who queues behind it must get its turn.
            "options": "-c statement_timeout=15000 -c lock_timeout=12000",
        },
    )
