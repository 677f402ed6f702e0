"""Daily quotas: how many calls a client has left today, counted in the service's own database."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import text

from kernel.clock import Clock
from kernel.db import Database

# Asked for at once: one round trip to the database for so many calls. What a process has left when it ends is
# lost for the day, so a share of the quota may go, but never more than the quota is given.
_SHARE = 200
_MOST_AT_ONCE = 500

# May count beyond the quota, by what was asked for in vain; what it grants never does.
_RESERVE = text(
    "INSERT INTO client_usage (client, day, calls) VALUES (:client, :day, :wanted) "
    "ON CONFLICT (client, day) DO UPDATE SET calls = client_usage.calls + excluded.calls RETURNING calls"
)


@dataclass(slots=True)
class _Held:
    """What this process may still let through today without asking again."""

    day: date = date.min
    left: int = 0
    # The quota that was found used up; with a larger one it is worth asking again.
    spent: int = -1
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class DailyQuota:
    """Calls per client and day (UTC), exact over all processes of a service and over their restarts."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._held: defaultdict[str, _Held] = defaultdict(_Held)

    async def take(self, client: str, daily: int) -> float:
        """Takes one call; answers 0, or the seconds until the next day if none is left. Errors: Unavailable."""
        now = self._clock.now()
        held = self._held[client]
        async with held.lock:
            if held.day != now.date():
                held.day, held.left, held.spent = now.date(), 0, -1
            if held.left == 0 and held.spent < daily:
                held.left = await self._reserve(client, now.date(), daily)
                held.spent = daily if held.left == 0 else -1
            if held.left == 0:
                return (_midnight_after(now) - now).total_seconds()
            held.left -= 1
            return 0.0

    async def _reserve(self, client: str, day: date, daily: int) -> int:
        wanted = max(1, min(daily // _SHARE, _MOST_AT_ONCE))
        async with self._database.begin() as session:
            asked = {"client": client, "day": day, "wanted": wanted}
            calls = int((await session.execute(_RESERVE, asked)).scalar_one())
        return max(0, min(wanted, daily - (calls - wanted)))


def _midnight_after(now: datetime) -> datetime:
    return datetime.combine(now.date() + timedelta(days=1), time(), UTC)
