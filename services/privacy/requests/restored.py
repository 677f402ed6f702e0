"""Whether this database was restored from a backup older than promises to erase; if so, it is not to be used yet."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from kernel import telemetry
from kernel.errors import DomainError
from services.privacy.ledger.copies import Copies
from services.privacy.ledger.service import LedgerService, LedgerUnavailable
from services.privacy.requests.replaying import Replay

log = telemetry.get_logger(__name__)

_PAUSE_S = 1.0


class RestoreGuard:
    """Keeps the process from being ready until every erasure that a restore undid is done again.

    Without a broker the exports decide for the moment, because services start in any order; the stream is read
    as soon as it answers, and what it knows takes the process out of service again.
    """

    def __init__(self, replay: Replay, ledger: LedgerService, *, wake: Callable[[], None]) -> None:
        self._replay = replay
        self._ledger = ledger
        self._wake = wake
        self._ready = False

    @property
    def ready(self) -> bool:
        """Whether nothing is known that would have to be erased again."""
        return self._ready

    async def run(self) -> None:
        """Looks until it has seen every copy and nothing is left to do; then there is no more to watch."""
        seen = False
        while not (seen and self._ready):
            try:
                seen = seen or await self.look()
                self._ready = await self.settled()
            except DomainError as error:
                log.warning("ledger not compared", reason=error.reason)
            await asyncio.sleep(0 if seen and self._ready else _PAUSE_S)
        await asyncio.Event().wait()

    async def settled(self) -> bool:
        """Whether no erasure is under way that a restore undid."""
        return await self._replay.running() == 0

    async def look(self) -> bool:
        """Begins what the copies know and this database has forgotten; false if not every copy could be read."""
        copies, complete = await self._copies()
        for problem in copies.problems:
            log.error("a copy of the ledger is damaged", reason=problem)
        begun = await self._replay.redo(copies)
        if begun.erasures:
            self._wake()
        return complete

    async def _copies(self) -> tuple[Copies, bool]:
        try:
            return await self._ledger.copies(), True
        except LedgerUnavailable:
            return await self._ledger.copies(without_stream=True), False
