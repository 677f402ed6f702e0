"""A fresh embedded stack in a temporary folder, its supervisor in a thread of its own."""

from __future__ import annotations

import asyncio
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Coroutine, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import psutil
import psycopg

from devstack.environment import database, for_realm_sync
from devstack.keys import BACK_ENDS, PROCESSES
from devstack.ports import LOOPBACK
from devstack.postgres import SUPERUSER
from devstack.recipes import IdentityProvider
from devstack.stack import Stack

Answer = TypeVar("Answer")
# Long enough for a first start of Keycloak, its download and build included.
_TURN_SECONDS = 600


class Running:
    """`with Running() as running:` — everything is ready inside the block and gone after it."""

    def __init__(
        self,
        *,
        idp: IdentityProvider = "embedded",
        say: Any = lambda text: None,
        under: Path | None = None,
    ) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="kontor-e2e-", dir=under))
        # PostgreSQL's own user must be able to pass through.
        self.folder.chmod(0o711)
        self._stack = Stack(self.folder / "stack", ports="free", demo_data=False, idp=idp, say=say)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True, name="stack")

    def __enter__(self) -> Self:
        self._end_like_ctrl_c()
        self._thread.start()
        try:
            self._do(self._stack.start())
        except BaseException:
            # A signal in the middle of the start must not leave processes behind.
            self._do(self._stack.stop())
            self._close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # Whoever is impatient sends a second one; what is being stopped goes on being stopped.
        with _deaf(signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            self._do(self._stack.stop())
            self._close()

    @property
    def start_seconds(self) -> float:
        return self._stack.start_seconds

    @property
    def logs(self) -> list[Path]:
        """What all processes wrote."""
        return sorted((self.folder / "stack" / "log").glob("*.log*"))

    def env(self, name: str = "client") -> Mapping[str, str]:
        """The settings of a process, or of a program outside."""
        return self._stack.env(name)

    def keep_logs(self, target: Path) -> None:
        """Copy the logs to where they survive the stack."""
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(self.folder / "stack" / "log", target)

    def client_secret(self, client: str) -> str:
        """The secret of a client of the realm, by its short name."""
        return self._stack.keys.clients[client]

    def kill(self, name: str) -> None:
        """SIGKILL, from which the supervisor starts the process again."""
        self._do(self._call(self._stack.kill, name))

    def wait_ready(self, name: str) -> None:
        self._do(self._stack.wait_ready(name))

    def wait_until_all_are_ready(self) -> None:
        """The engines first: nobody else can be ready without them."""
        for name in ("postgres", "nats", *PROCESSES):
            self.wait_ready(name)

    def restarts(self, name: str) -> int:
        return self._stack.restarts(name)

    def take_down(self, name: str) -> None:
        """Stop a process; it stays away until `bring_up`."""
        self._do(self._stack.take_down(name))

    def bring_up(self, name: str) -> None:
        self._do(self._stack.bring_up(name))

    def launch(self, name: str) -> None:
        """Start a process that was taken down, without waiting until it is ready."""
        self._do(self._stack.launch(name))

    def database_of(self, name: str) -> tuple[list[str], dict[str, str]]:
        """The options and the environment with which PostgreSQL's own tools reach the database of a process."""
        port = str(self._stack.ports["postgres"])
        options = ["--host", LOOPBACK, "--port", port, "--username", SUPERUSER, "--dbname", database(name)]
        return options, {"PGPASSWORD": self._stack.keys.postgres}

    def freeze(self, name: str) -> None:
        """Stop a process without ending it: it takes connections and answers nothing."""
        self._do(self._call(self._stack.freeze, name))

    def thaw(self, name: str) -> None:
        """Let a frozen process go on."""
        self._do(self._call(self._stack.thaw, name))

    @property
    def realm_sync_env(self) -> dict[str, str]:
        """What `python -m deploy.keycloak sync` is told about this stack."""
        return for_realm_sync(ports=self._stack.ports, keys=self._stack.keys)

    @property
    def bootstrap_secret(self) -> str:
        """Of the account that a fresh Keycloak begins with."""
        return self._stack.keys.keycloak

    def connect(self, name: str) -> psycopg.Connection:
        """A superuser's connection into the database of a process, for looking behind the doors."""
        return psycopg.connect(
            host=LOOPBACK,
            port=self._stack.ports["postgres"],
            user=SUPERUSER,
            password=self._stack.keys.postgres,
            dbname=database(name),
            autocommit=True,
        )

    def memory(self) -> dict[str, float]:
        """MB by process; shared pages are counted once (PSS)."""
        return self._stack.rss_mb()

    def rss_mb(self) -> float:
        """The sum of all resident sets in MB, shared pages counted in every process."""
        own = psutil.Process()
        sizes = []
        for child in own.children(recursive=True):
            try:
                sizes.append(child.memory_info().rss)
            except psutil.NoSuchProcess:
                continue
        return sum(sizes) / 1024**2

    @staticmethod
    def _end_like_ctrl_c() -> None:
        """A stack that nobody stops would outlive us: what ends the process unasked leaves the block instead."""
        if threading.current_thread() is not threading.main_thread():
            return
        for number in (signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) is signal.SIG_DFL:
                signal.signal(number, lambda which, _frame: sys.exit(128 + which))

    def _do(self, work: Coroutine[Any, Any, Answer]) -> Answer:
        turn = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return turn.result(_TURN_SECONDS)
        except BaseException:
            turn.cancel()
            raise

    @staticmethod
    async def _call(function: Any, *arguments: Any) -> Any:
        return function(*arguments)

    def _close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()
        shutil.rmtree(self.folder, ignore_errors=True)


@contextmanager
def _deaf(*numbers: signal.Signals) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    heard = {number: signal.signal(number, signal.SIG_IGN) for number in numbers}
    try:
        yield
    finally:
        for number, handler in heard.items():
            signal.signal(number, handler)


def settle(seconds: float) -> None:
    """Let start-up work end before memory is read."""
    time.sleep(seconds)


__all__ = ["BACK_ENDS", "PROCESSES", "Running", "settle"]
