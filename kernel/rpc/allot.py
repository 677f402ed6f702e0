"""Stage allowance: a client's calls per second and per day. The only place that counts them."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import Any

from kernel.allowance import Allowance
from kernel.errors import ResourceExhausted
from kernel.quota import DailyQuota
from kernel.rpc.call import Call, Proceed, Stage


class Bucket:
    """A token bucket: holds `burst` calls at most and fills by `per_second`."""

    def __init__(self, allowance: Allowance, now: float) -> None:
        self._level = float(allowance.burst)
        self._at = now

    def take(self, allowance: Allowance, now: float) -> float:
        """Takes one call; answers 0, or the seconds until there is one."""
        self._level = min(allowance.burst, self._level + (now - self._at) * allowance.per_second)
        self._at = now
        if self._level < 1:
            return (1 - self._level) / allowance.per_second
        self._level -= 1
        return 0.0


def allowance_stage(quota: DailyQuota, *, now: Callable[[], float] = monotonic) -> Stage:
    """Refuses what is beyond the client's allowance, with the time after which it may come again.

    The rate is kept by each process for itself, in memory: it protects the process. The daily quota is shared.
    """
    # As many as the realm has clients with an allowance: the name comes from a verified token.
    buckets: dict[str, Bucket] = {}

    async def stage(call: Call, request: Any, proceed: Proceed) -> Any:
        principal = call.principal
        if principal is not None and principal.allowance is not None:
            client, allowance = principal.client, principal.allowance
            bucket = buckets.setdefault(client, Bucket(allowance, now()))
            if wait := bucket.take(allowance, now()):
                raise _exhausted("This client asks too often; wait and try again.", "RATE_EXCEEDED", wait)
            if wait := await quota.take(client, allowance.daily):
                raise _exhausted("This client's calls of today are used up.", "QUOTA_EXCEEDED", wait)
        return await proceed(call, request)

    return stage


def _exhausted(message: str, reason: str, wait: float) -> ResourceExhausted:
    return ResourceExhausted(message, reason=reason, retry_after=wait)
