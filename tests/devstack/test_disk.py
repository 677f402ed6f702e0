"""A full disk is said once, and once that it is over; what cannot recover by itself is helped."""

import asyncio
from pathlib import Path

import pytest

from devstack import disk

FULL, EMPTY = 2**62, 0


async def test_full_and_room_again_are_each_said_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk, "_LOOK_SECONDS", 0.01)
    said: list[str] = []
    repaired = asyncio.Event()
    watching = asyncio.create_task(disk.watch_disk(tmp_path, say=said.append, on_room=repaired.set))
    await asyncio.sleep(0.1)
    assert not said
    monkeypatch.setattr(disk, "LEAST_FREE_BYTES", FULL)
    await asyncio.sleep(0.1)
    assert not repaired.is_set()
    monkeypatch.setattr(disk, "LEAST_FREE_BYTES", EMPTY)
    await asyncio.wait_for(repaired.wait(), 5)
    await asyncio.sleep(0.1)
    watching.cancel()
    assert len(said) == 2
    assert f"The disk that holds {tmp_path} is full" in said[0]
    assert "has room again" in said[1]
