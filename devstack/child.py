"""One supervised process: started, watched, restarted with a visible line, given up on after five deaths."""

import asyncio
import contextlib
import os
import signal
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from devstack.disk import disk_warning
from devstack.ready import Check
from devstack.unprivileged import SAME_USER, Account

MOST_DEATHS = 5
DEATH_WINDOW_SECONDS = 60
LONGEST_PAUSE_SECONDS = 5.0
BIGGEST_LOG_BYTES = 20 * 1024 * 1024
_POLL_SECONDS = 0.1

Say = Callable[[str], None]


class StackFailed(RuntimeError):
    """The stack cannot run; the text says why and carries the last words of the process concerned."""


@dataclass(frozen=True)
class Recipe:
    """How to run one process."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    ready: Check
    folder: Path
    log: Path
    user: Account = SAME_USER
    stop_signal: signal.Signals = signal.SIGTERM
    grace_seconds: float = 15
    start_seconds: float = 90


class Child:
    """A running recipe. `failed` becomes done (with the reason) when it died too often."""

    def __init__(self, recipe: Recipe, *, say: Say, started: Callable[[], None]) -> None:
        self.recipe = recipe
        self.restarts = 0
        self.failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._say = say
        self._started = started
        self._deaths: deque[float] = deque(maxlen=MOST_DEATHS)
        self._process: asyncio.subprocess.Process | None = None
        self._watcher: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        """The process, `None` between two lives."""
        process = self._process
        return process.pid if process is not None and process.returncode is None else None

    async def start(self) -> None:
        if self.failed.cancelled():
            # Stopped before: from now on it can fail again.
            self.failed = asyncio.get_running_loop().create_future()
        await self._spawn()
        self._watcher = asyncio.create_task(self._watch(), name=f"watch {self.recipe.name}")

    async def wait_ready(self, *, seconds: float | None = None) -> None:
        """Return when the process answers; raise `StackFailed` when it died for good or takes too long."""
        seconds = self.recipe.start_seconds if seconds is None else seconds
        deadline = time.monotonic() + seconds
        while not (self.pid and await self.recipe.ready()):
            if self.failed.done():
                self.failed.result()
            if time.monotonic() > deadline:
                raise StackFailed(self._obituary(f"{self.recipe.name} is not ready after {seconds:.0f} s"))
            await asyncio.sleep(_POLL_SECONDS)

    def kill(self) -> None:
        """SIGKILL to the process and what it started; the watcher restarts it."""
        self._signal_group(signal.SIGKILL)

    def renew(self) -> None:
        """Its own stop signal; the watcher starts it again."""
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(self.recipe.stop_signal)

    async def stop(self) -> None:
        """End it: its own stop signal, and SIGKILL after the grace."""
        if self._watcher is not None:
            self._watcher.cancel()
            await asyncio.gather(self._watcher, return_exceptions=True)
        self.failed.cancel()
        process = self._process
        if process is None:
            return
        if process.returncode is None:
            process.send_signal(self.recipe.stop_signal)
            try:
                await asyncio.wait_for(process.wait(), self.recipe.grace_seconds)
            except TimeoutError:
                self._say(f"{self.recipe.name} did not stop in {self.recipe.grace_seconds:.0f} s; killing it")
        self._signal_group(signal.SIGKILL)
        await process.wait()

    async def _spawn(self) -> None:
        log, user = self.recipe.log, self.recipe.user
        if log.exists() and log.stat().st_size > BIGGEST_LOG_BYTES:
            log.replace(log.with_suffix(".log.1"))
        with log.open("ab") as output:
            self._process = await asyncio.create_subprocess_exec(
                *self.recipe.command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=self.recipe.folder,
                env=dict(self.recipe.environment),
                user=user.uid,
                group=user.gid,
                extra_groups=[] if user.uid is not None else None,
                # Ctrl-C in the terminal must reach the supervisor only: it knows the order.
                start_new_session=True,
            )
        self._started()

    async def _watch(self) -> None:
        while not self.failed.done():
            assert self._process is not None
            code = await self._process.wait()
            # Workers that outlive their parent would keep the port.
            self._signal_group(signal.SIGKILL)
            self._deaths.append(time.monotonic())
            what = f"{self.recipe.name} {_cause(code)}"
            if self._died_too_often():
                reason = self._obituary(f"{what}, the {MOST_DEATHS}th time within a minute")
                self.failed.set_exception(StackFailed(reason))
                return
            pause = min(LONGEST_PAUSE_SECONDS, 0.25 * 2 ** (len(self._recent_deaths()) - 1))
            self._say(f"{what}; restarting it in {pause:.2g} s (log: {self.recipe.log})")
            await asyncio.sleep(pause)
            self.restarts += 1
            try:
                await self._spawn()
            except OSError as error:
                reason = (
                    f"{self.recipe.name} cannot be started again: {error}.{disk_warning(self.recipe.folder)}"
                )
                self.failed.set_exception(StackFailed(reason))

    def _recent_deaths(self) -> list[float]:
        return [moment for moment in self._deaths if time.monotonic() - moment < DEATH_WINDOW_SECONDS]

    def _died_too_often(self) -> bool:
        return len(self._recent_deaths()) >= MOST_DEATHS

    def _signal_group(self, number: signal.Signals) -> None:
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, number)

    def _obituary(self, sentence: str) -> str:
        lines = self.recipe.log.read_text(errors="replace").splitlines()[-12:]
        shown = "\n".join(f"    {line}" for line in lines) or "    (it wrote nothing)"
        return (
            f"{sentence}.{disk_warning(self.recipe.log.parent)} Its last lines in {self.recipe.log}:\n{shown}"
        )


def _cause(code: int) -> str:
    if code < 0:
        return f"was killed by {signal.Signals(-code).name}"
    return f"ended with exit code {code}"
