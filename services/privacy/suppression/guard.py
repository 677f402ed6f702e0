"""Whether every entry of the suppression list can still be found; if not, this process must not decide anything."""

from __future__ import annotations

import asyncio

from kernel import telemetry
from kernel.errors import Unavailable
from kernel.lifecycle import Precondition
from services.privacy.suppression.model import KeyLost
from services.privacy.suppression.service import SuppressionService

log = telemetry.get_logger(__name__)

_PAUSE_S = 1.0


class KeyGuard:
    """Refuses to start when entries stand under a key that is gone: they would silently protect nobody.

    Services start in any order, so it waits for the database; `then` is what else must hold before work begins.
    """

    def __init__(self, suppression: SuppressionService, then: Precondition) -> None:
        self._suppression = suppression
        self._then = then
        self._known = False

    @property
    def ready(self) -> bool:
        """Whether every key is known, and all else holds."""
        return self._known and self._then.ready

    async def run(self) -> None:
        """Looks once the database answers. Errors: SystemExit, which ends the process."""
        while not self._known:
            try:
                await self._suppression.require_keys()
                self._known = True
            except Unavailable:
                await asyncio.sleep(_PAUSE_S)
            except KeyLost as lost:
                log.error("keys of the suppression list are missing", reason=str(lost))
                raise
        await self._then.run()
