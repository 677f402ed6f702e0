"""Questions to the identity provider: one under way at a time, whoever needs the answer, and nobody waits for long."""

from __future__ import annotations

import asyncio
import json
import urllib.parse
import urllib.request
from collections.abc import Awaitable, Callable
from contextvars import Context
from http.client import HTTPException
from time import monotonic
from typing import Any
from urllib.error import HTTPError

PATIENCE_S = 3.0
# A key set or a token response has a few kB; whatever is larger is neither.
_MOST_BYTES = 1024 * 1024


class Errand:
    """Something that many callers may need done at once and that one of them sets going for all.

    `run` keeps its outcome itself, failures included, and raises nothing. Hundreds of callers wait
    side by side for one attempt, never behind one another for one attempt each.
    """

    def __init__(self, run: Callable[[], Awaitable[None]]) -> None:
        self._run = run
        self._task: asyncio.Task[None] | None = None
        self._began_at = float("-inf")

    @property
    def running(self) -> bool:
        """Whether an attempt is under way, in time or overdue."""
        return self._task is not None and not self._task.done()

    def start(self, *, pause_s: float) -> None:
        """Set it going, unless it is, or was less than `pause_s` seconds ago."""
        if self.running or monotonic() - self._began_at < pause_s:
            return
        self._began_at = monotonic()
        # An empty context: the attempt belongs to no single caller's transaction, trace or deadline.
        self._task = asyncio.create_task(self._attempt(), context=Context())

    async def finish(self, *, pause_s: float) -> None:
        """Start it if it may be, and wait for its end, at most until it has run `PATIENCE_S` seconds.

        A caller that gives up stops it for nobody else; an overdue attempt is not waited for.
        """
        self.start(pause_s=pause_s)
        left = self._began_at + PATIENCE_S - monotonic()
        if self._task is not None and left > 0:
            await asyncio.wait({self._task}, timeout=left)

    async def _attempt(self) -> None:
        await self._run()


async def get_json(url: str) -> dict[str, Any]:
    """The JSON object at `url`. Errors: OSError if nobody answers in time, ValueError for anything else than JSON."""
    return await asyncio.to_thread(_ask, url, None)


async def post_form(url: str, form: dict[str, str]) -> dict[str, Any]:
    """The JSON object that answers the form. Errors: as `get_json`; a refusal is `urllib.error.HTTPError`."""
    return await asyncio.to_thread(_ask, url, urllib.parse.urlencode(form).encode())


async def refusal(error: HTTPError) -> dict[str, Any]:
    """What the provider said when it refused (RFC 6749 §5.2); empty if that was nothing of the kind."""
    try:
        return await asyncio.to_thread(_read, error)
    except (OSError, ValueError):
        return {}


def _ask(url: str, body: bytes | None) -> dict[str, Any]:
    try:
        with urllib.request.urlopen(url, data=body, timeout=PATIENCE_S) as answer:  # noqa: S310 - the issuer is configured
            return _read(answer)
    except HTTPException as error:
        # Whoever answers in another language than HTTP, or breaks off, is not the provider; a proxy in trouble may be.
        raise OSError("the answer is no HTTP") from error


def _read(answer: Any) -> dict[str, Any]:
    content = json.loads(answer.read(_MOST_BYTES))
    if not isinstance(content, dict):
        raise ValueError("the answer is no JSON object")
    return content
