"""Ending tasks for certain."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

# Longer than any job may take for its last words: whoever still runs then has missed that it shall end.
_ASK_AGAIN_S = 10.0


async def end(tasks: Sequence[asyncio.Task[Any]], *, again_s: float = _ASK_AGAIN_S) -> None:
    """Cancels the tasks until all have ended, however they end.

    Once is not enough: an answer that arrives together with the cancellation wins over it inside
    `asyncio.wait_for` of Python 3.11, and the task goes on.
    """
    pending = set(tasks)
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=again_s)
    await asyncio.gather(*tasks, return_exceptions=True)
