"""A unit of work that spans a whole call: opened by the first transaction(), ended by the kernel."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kernel.db import Database, WriteSession

Hook = Callable[["WriteSession"], Awaitable[None]]

_current: ContextVar[Work | None] = ContextVar("work", default=None)


class Work:
    """One transaction for everything that a call or a delivered fact does.

    `on_begin` runs first inside the transaction: it claims a request id or an inbox row, so
    that the claim and the effect are one. `many` lets several use cases share the transaction,
    which a batch of facts needs; a call has one use case and therefore one transaction.
    """

    def __init__(self, on_begin: Hook, *, many: bool = False) -> None:
        self._on_begin = on_begin
        self._many = many
        self._stack = AsyncExitStack()
        self._session: WriteSession | None = None

    @property
    def session(self) -> WriteSession | None:
        """The open session; None as long as nobody asked for a transaction."""
        return self._session

    @asynccontextmanager
    async def join(self, database: Database) -> AsyncIterator[WriteSession]:
        """The transaction of this work, opened on first use."""
        if self._session is None:
            session = await self._stack.enter_async_context(database.begin())
            await self._on_begin(session)
            self._session = session
        elif not self._many:
            raise RuntimeError("one use case is one transaction; this call has had its own")
        yield self._session
        await self._session.flush()

    async def commit(self) -> None:
        """Commits, if anything was opened."""
        await self._stack.aclose()

    async def roll_back(self, error: BaseException) -> None:
        """Undoes everything; raises what the error means if the database was its cause."""
        await self._stack.__aexit__(type(error), error, error.__traceback__)


def current_work() -> Work | None:
    """The work of the current call or delivery."""
    return _current.get()


@contextmanager
def working(work: Work | None) -> Iterator[None]:
    """Makes `work` the current one; None detaches, for tasks that outlive their call."""
    token = _current.set(work)
    try:
        yield
    finally:
        _current.reset(token)
