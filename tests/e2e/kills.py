"""SIGKILL to every process of ours in the middle of the work, and the record of it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from tests.e2e.check import same
from tests.e2e.running import PROCESSES, Running

# The one that does the work dies first; those it leans on follow while it comes back.
ORDER = ("campaigns", "privacy", "contacts", "tickets", "portal", "gateway")


@dataclass(frozen=True)
class Kill:
    """One process that died in the middle of a step."""

    step: str
    name: str
    at: datetime


class Kills:
    """Kills, and remembers."""

    def __init__(self, running: Running) -> None:
        self._running = running
        self.done: list[Kill] = []

    def one(self, step: str, name: str) -> Kill:
        """Kill a process now; the supervisor starts it again."""
        self._running.kill(name)
        kill = Kill(step, name, datetime.now(UTC))
        self.done.append(kill)
        return kill

    def each(self, step: str, names: Sequence[str], *, pause: float) -> list[Kill]:
        """Kill several, one shortly after the other."""
        made = []
        for name in names:
            made.append(self.one(step, name))
            time.sleep(pause)
        return made

    def wait_until_all_are_back(self) -> None:
        for name in PROCESSES:
            self._running.wait_ready(name)

    def check_restarts(self) -> None:
        """The supervisor saw exactly the deaths that were asked for: nothing else has crashed."""
        for name in PROCESSES:
            asked = sum(kill.name == name for kill in self.done)
            same(self._running.restarts(name), asked, f"restarts of {name}")
