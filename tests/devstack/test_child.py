"""Supervision: restarts are visible, hopeless processes stop the stack with their last words."""

import asyncio
import sys
from pathlib import Path

import pytest

from devstack import child as child_module
from devstack.child import Child, Recipe, StackFailed

PATIENT = "import pathlib, sys, time; pathlib.Path(sys.argv[1]).touch(); time.sleep(60)"
HOPELESS = "print('no such realm'); raise SystemExit(3)"
STUBBORN = f"import signal; signal.signal(15, signal.SIG_IGN); {PATIENT}"


def make(tmp_path: Path, program: str, said: list[str], **changes: float) -> Child:
    mark = tmp_path / "ready"

    async def ready() -> bool:
        return mark.exists()

    recipe = Recipe(
        name="pebble",
        command=[sys.executable, "-c", program, str(mark)],
        environment={},
        ready=ready,
        folder=tmp_path,
        log=tmp_path / "pebble.log",
        **changes,  # type: ignore[arg-type]
    )
    return Child(recipe, say=said.append, started=lambda: None)


async def test_a_killed_child_is_restarted_with_a_visible_line(tmp_path: Path) -> None:
    said: list[str] = []
    child = make(tmp_path, PATIENT, said)
    await child.start()
    await child.wait_ready(seconds=10)
    first = child.pid
    (tmp_path / "ready").unlink()
    child.kill()
    await child.wait_ready(seconds=10)
    assert child.restarts == 1
    assert child.pid not in {None, first}
    assert said == [f"pebble was killed by SIGKILL; restarting it in 0.25 s (log: {tmp_path / 'pebble.log'})"]
    await child.stop()
    assert child.pid is None


async def test_a_child_that_keeps_dying_fails_with_its_last_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child_module, "LONGEST_PAUSE_SECONDS", 0.01)
    child = make(tmp_path, HOPELESS, [])
    await child.start()
    with pytest.raises(StackFailed, match=r"(?s)exit code 3, the 5th time within a minute.*no such realm"):
        await child.wait_ready(seconds=20)
    await child.stop()


async def test_a_child_that_ignores_its_stop_signal_is_killed_after_the_grace(tmp_path: Path) -> None:
    said: list[str] = []
    child = make(tmp_path, STUBBORN, said, grace_seconds=0.2)
    await child.start()
    await child.wait_ready(seconds=10)
    async with asyncio.timeout(5):
        await child.stop()
    assert child.pid is None
    assert said == ["pebble did not stop in 0 s; killing it"]


async def test_a_child_that_never_becomes_ready_says_so(tmp_path: Path) -> None:
    child = make(tmp_path, "import time; time.sleep(60)", [])
    await child.start()
    with pytest.raises(StackFailed, match="pebble is not ready after 0 s"):
        await child.wait_ready(seconds=0.2)
    await child.stop()
