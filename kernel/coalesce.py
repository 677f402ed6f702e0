"""Reads that many callers ask for at once, answered together: keys in, one statement, values out."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from contextvars import Context
from itertools import islice
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Coalescer(Generic[K, V]):
    """Turns single reads into sets without making anybody wait for a timer.

    While one statement is under way, the keys that arrive are collected for the next; a lonely
    caller's read starts at once. Each caller sees what was committed when it asked, or later.
    The database layer costs far more per statement than per row, so under load this is what
    keeps a single read cheap. Errors: whatever `load` raises, to each caller of that set.
    """

    def __init__(self, load: Callable[[list[K]], Awaitable[dict[K, V]]], *, most: int = 500) -> None:
        self._load = load
        self._most = most
        self._waiting: dict[K, asyncio.Future[V | None]] = {}
        self._task: asyncio.Task[None] | None = None

    async def get(self, key: K) -> V | None:
        """The value of the key; None if there is none."""
        future = self._waiting.get(key)
        if future is None:
            future = self._waiting[key] = asyncio.get_running_loop().create_future()
        if self._task is None:
            # An empty context: the set belongs to no single caller's transaction, trace or deadline.
            self._task = asyncio.create_task(self._drain(), context=Context())
        # Shielded: a caller that gives up must not cancel the read of another one with the same key.
        return await asyncio.shield(future)

    async def _drain(self) -> None:
        try:
            while self._waiting:
                keys = list(islice(self._waiting, self._most))
                await self._answer({key: self._waiting.pop(key) for key in keys})
        finally:
            self._task = None

    async def _answer(self, batch: dict[K, asyncio.Future[V | None]]) -> None:
        try:
            found = await self._load(list(batch))
        except Exception as error:
            for future in batch.values():
                if not future.done():
                    future.set_exception(error)
                    # If every caller has given up, nobody will look at it; that is no fault.
                    future.exception()
            return
        for key, future in batch.items():
            if not future.done():
                future.set_result(found.get(key))
