"""SIGKILLs at random moments, all from one seed: services, the broker and the database die while the work goes on."""

from __future__ import annotations

import random
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable
from types import TracebackType
from typing import Self

from tests.e2e.running import BACK_ENDS, Running

VICTIMS = (*BACK_ENDS, "nats", "postgres")
# Between all being back and the next strike; under one that never pauses, nobody could do any work.
_PAUSE_SECONDS = (0.5, 6.0)
_MOST_AT_ONCE = 2
# The supervisor gives a process up that dies five times within a minute: that is another promise than this one.
_MOST_DEATHS, _WINDOW_SECONDS = 3, 70


class Storm:
    """`with Storm(running, seed=…) as storm:` — processes die inside the block; all are back after it."""

    def __init__(self, running: Running, *, seed: int, say: Callable[[str], None]) -> None:
        self._running = running
        self._random = random.Random(seed)
        self._say = say
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._rage, name="storm", daemon=True)
        self._deaths: dict[str, deque[float]] = defaultdict(lambda: deque(maxlen=_MOST_DEATHS))
        self.kills: list[str] = []
        self._broken: BaseException | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()
        if error is None:
            if self._broken is not None:
                raise self._broken
            self._running.wait_until_all_are_ready()

    def _rage(self) -> None:
        try:
            while not self._over.wait(self._random.uniform(*_PAUSE_SECONDS)):
                drawn = self._random.sample(VICTIMS, self._random.randint(1, _MOST_AT_ONCE))
                victims = [victim for victim in drawn if self._may_die(victim)]
                if not victims:
                    continue
                for victim in victims:
                    self._running.kill(victim)
                    self._deaths[victim].append(time.monotonic())
                    self.kills.append(victim)
                self._say(f"killed {' and '.join(victims)}")
                self._running.wait_until_all_are_ready()
        except Exception as error:
            self._broken = error

    def _may_die(self, victim: str) -> bool:
        deaths = self._deaths[victim]
        return len(deaths) < _MOST_DEATHS or time.monotonic() - deaths[0] > _WINDOW_SECONDS
