"""The folder of one stack (`.kontor/`): its lock, its pids, its stamps, its logs."""

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any

import psutil

from devstack.child import StackFailed

LEAST_FREE_BYTES = 500 * 1024 * 1024


class StackFolder:
    """Owned by one running stack at a time."""

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        self._lock: IO[str] | None = None

    @property
    def secrets(self) -> Path:
        return self.path / "secrets.json"

    def data(self, name: str) -> Path:
        return self.path / name

    def log(self, name: str) -> Path:
        return self.path / "log" / f"{name}.log"

    def open(self) -> None:
        """Take the folder, or raise `StackFailed` if another stack has it."""
        try:
            (self.path / "log").mkdir(parents=True, exist_ok=True)
            lock = (self.path / "lock").open("a+")
        except OSError as error:
            raise StackFailed(f"Kontor cannot use the folder {self.path}: {error.strerror}.") from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            holder = lock.read().strip() or "unknown"
            lock.close()
            raise StackFailed(
                f"Another stack (process {holder}) is running in {self.path}. Stop it first (Ctrl-C in its terminal)."
            ) from None
        self._lock = lock
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()

    def close(self) -> None:
        """Let the next stack have the folder."""
        if self._lock is not None:
            self.notes("pids").unlink(missing_ok=True)
            self._lock.close()
            self._lock = None

    def notes(self, name: str) -> Path:
        return self.path / f"{name}.json"

    def recall(self, name: str) -> Any:
        """What `note` wrote under this name, `None` if nothing."""
        file = self.notes(name)
        return json.loads(file.read_text()) if file.exists() else None

    def note(self, name: str, value: Any) -> None:
        partial = self.path / f"{name}.new"
        partial.write_text(json.dumps(value))
        partial.rename(self.notes(name))

    def note_pids(self, pids: Iterable[int]) -> None:
        """Remember the children, so that a start after a crash of the supervisor can end them."""
        self.note(
            "pids", [[pid, psutil.Process(pid).create_time()] for pid in pids if psutil.pid_exists(pid)]
        )

    def end_leftovers(self) -> int:
        """End the children of a supervisor that was killed; answers how many there were."""
        found = [process for pid, born in self.recall("pids") or [] if (process := _same(pid, born))]
        family = [member for process in found for member in [*process.children(recursive=True), process]]
        for process in family:
            # SIGINT is what PostgreSQL calls fast; for all others it is as good as SIGTERM.
            process.send_signal(2)
        _gone, alive = psutil.wait_procs(family, timeout=10)
        for process in alive:
            process.kill()
        # Until it is gone, it holds its port.
        psutil.wait_procs(alive, timeout=10)
        return len(found)

    def require_room(self) -> None:
        """Raise `StackFailed` if the disk is as good as full; only a start needs room, throwing away makes it."""
        free = shutil.disk_usage(self.path).free
        if free < LEAST_FREE_BYTES:
            raise StackFailed(
                f"The disk that holds {self.path} is nearly full: {free // 1024**2} MB are left, "
                f"Kontor needs {LEAST_FREE_BYTES // 1024**2} MB. Make room and start again."
            )


def fingerprint(files: Iterable[Path]) -> str:
    """One hash over the content of files."""
    digest = hashlib.sha256()
    for file in sorted(files):
        digest.update(file.name.encode() + file.read_bytes())
    return digest.hexdigest()


def _same(pid: int, born: float) -> psutil.Process | None:
    """The process, unless its number has been given to another one since."""
    try:
        process = psutil.Process(pid)
        return process if abs(process.create_time() - born) < 1 else None
    except psutil.NoSuchProcess:
        return None
