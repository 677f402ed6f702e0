"""Backup and restore of every database with PostgreSQL's own tools, as the operator guide names them."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from tests.e2e.running import PROCESSES, Running


def back_up(running: Running, folder: Path, pg_dump: Path) -> None:
    """One dump per database."""
    folder.mkdir()
    for name in PROCESSES:
        _run(running, name, [str(pg_dump), "--format=custom", f"--file={folder / name}.dump"])


def restore(running: Running, folder: Path, pg_restore: Path) -> None:
    """Everything as it was; nothing may be connected."""
    for name in PROCESSES:
        options = ["--clean", "--if-exists", "--exit-on-error"]
        _run(running, name, [str(pg_restore), *options, f"{folder / name}.dump"])


def _run(running: Running, name: str, command: list[str]) -> None:
    program, *rest = command
    options, environment = running.database_of(name)
    subprocess.run([program, *options, *rest], env={**os.environ, **environment}, check=True)
