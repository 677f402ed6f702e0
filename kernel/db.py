"""Access to a service's own database: read sessions, write sessions, and the one place that commits."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any, NoReturn

from asyncpg import InternalClientError
from sqlalchemy import MetaData, event, text
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

from kernel import errors
from kernel.work import current_work

# A statement that runs longer than this holds up others; what needs more says so with `take_time`.
STATEMENT_TIMEOUT_MS = 15_000
# Nobody waits longer for one statement, and nothing may hold its locks for longer.
LONGEST_STATEMENT_S = 60.0
IDLE_IN_TRANSACTION_TIMEOUT_MS = 30_000
# A server keeps its own limits; only one whose host is gone stays silent beyond the longest of them.
_SILENCE_S = LONGEST_STATEMENT_S + 5
_PING_S = 2.0


_ALLOW = text("SELECT set_config('statement_timeout', :limit, true)")


class ReadSession(AsyncSession):
    """A session that only reads. Each statement sees what was committed when it began."""

    def add(self, instance: object, _warn: bool = True) -> NoReturn:
        raise TypeError("a read session cannot add; use transaction()")

    def add_all(self, instances: Iterable[object]) -> NoReturn:
        raise TypeError("a read session cannot add; use transaction()")

    async def delete(self, instance: object) -> NoReturn:
        raise TypeError("a read session cannot delete; use transaction()")

    async def commit(self) -> NoReturn:
        raise TypeError("only transaction() commits")


class WriteSession(AsyncSession):
    """A session inside one transaction. Only `Database.transaction()` ends it."""

    async def take_time(self, seconds: float | None = None) -> None:
        """Lets each statement of this transaction run for so long; None is the longest that any may."""
        allowed = LONGEST_STATEMENT_S if seconds is None else min(seconds, LONGEST_STATEMENT_S)
        # Zero would be no limit at all.
        limit_ms = max(int(allowed * 1000), 1)
        await self.execute(_ALLOW, {"limit": str(limit_ms)})

    async def commit(self) -> NoReturn:
        raise TypeError("only transaction() commits")


# What reads may run in: a read inside a transaction sees that transaction's own writes.
AnySession = ReadSession | WriteSession


class Database:
    """One service's database.

    Errors: `Unavailable` when the database cannot be reached, goes away in mid-transaction or has
    no room left; nothing of such a transaction is kept.
    """

    def __init__(self, url: str, *, metadata: MetaData, pool_size: int = 10, name: str = "kontor") -> None:
        self.url = url
        self.metadata = metadata
        self.engine: AsyncEngine = create_async_engine(
            url,
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=5,
            # Whatever shows an error must not show the row that caused it.
            hide_parameters=True,
            connect_args={
                "timeout": 5,
                "command_timeout": _SILENCE_S,
                "server_settings": {
                    "application_name": name,
                    "statement_timeout": str(STATEMENT_TIMEOUT_MS),
                    "idle_in_transaction_session_timeout": str(IDLE_IN_TRANSACTION_TIMEOUT_MS),
                },
            },
        )
        event.listen(self.engine.sync_engine, "handle_error", _drop_silent)
        # Reads are single statements; without BEGIN and ROLLBACK each costs one round trip, not three.
        self._readers = async_sessionmaker(
            self.engine.execution_options(isolation_level="AUTOCOMMIT"),
            class_=ReadSession,
            expire_on_commit=False,
            autoflush=False,
        )
        self._writers = async_sessionmaker(
            self.engine, class_=WriteSession, expire_on_commit=False, autoflush=False
        )

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[ReadSession]:
        """A session for reads outside of any transaction."""
        with _Translated():
            async with self._readers() as session:
                yield session

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[WriteSession]:
        """One use case's transaction. All or nothing.

        Inside a mutating call the kernel commits after the handler has answered, so that the
        rows, the facts, the audit entry and the remembered answer stand or fall together;
        a second transaction in the same call is refused.
        """
        work = current_work()
        if work is not None:
            async with work.join(self) as session:
                yield session
            return
        async with self.begin() as session:
            yield session

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[WriteSession]:
        """A transaction that commits when the block ends. For the kernel; use cases call `transaction`."""
        with _Translated():
            async with self._writers() as session, session.begin():
                yield session

    async def ping(self) -> bool:
        """Whether the database answers, and soon."""
        try:
            async with asyncio.timeout(_PING_S), self.reading() as session:
                await session.execute(text("SELECT 1"))
        except Exception:
            # Whatever it is: who asks wants to know whether calls can be served, and goes on asking.
            return False
        return True

    async def close(self) -> None:
        """Closes all connections."""
        await self.engine.dispose()


def _drop_silent(context: ExceptionContext) -> None:
    # The others of the pool lead to the same silent host; none of them is worth a question of its own.
    if isinstance(context.original_exception, TimeoutError | InternalClientError):
        context.is_disconnect = True


class _Translated:
    """Turns a lost or full database into `Unavailable` and a lost race into `Aborted`; all else passes unchanged."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if error is not None and is_disconnect(error):
            raise errors.Unavailable(
                "The database does not answer; nothing was changed. Try again.", reason="DATABASE_UNAVAILABLE"
            ) from error
        if isinstance(error, DBAPIError) and _sqlstate(error) == _DISK_FULL:
            raise errors.Unavailable(
                "The storage is full; nothing was changed. Try again later.", reason="STORAGE_FULL"
            ) from error
        if isinstance(error, DBAPIError) and _sqlstate(error) in _LOST_RACE:
            raise errors.Aborted(
                "Somebody changed the same at the same time; try again.", reason="CONFLICT"
            ) from error


# Class 08: connection exception; 57P0x: the server is shutting down or starting up; 53300: it has no connection
# left; class 28: it lets us in no more, or not yet, as while passwords are changed.
_AWAY = ("08", "57P0", "53300", "28")
_DISK_FULL = "53100"
# Serialization failure, deadlock, a lock that was not to be had in time: it may simply come again.
_LOST_RACE = frozenset({"40001", "40P01", "55P03"})


def _sqlstate(error: BaseException) -> str:
    # While it connects, the driver's own error comes through unwrapped.
    return getattr(getattr(error, "orig", error), "sqlstate", None) or ""


def is_disconnect(error: BaseException) -> bool:
    """Whether the error means that the database could not be reached, let nobody in or went away."""
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    # The driver's own state machine gives up like this when the server dies in the middle of an answer.
    if isinstance(error, InterfaceError | OperationalError | PoolTimeout | InternalClientError):
        return True
    return _sqlstate(error).startswith(_AWAY) or isinstance(error, ConnectionError | TimeoutError)
