"""`make outage-drill`: a broker that is away for five minutes, and a disk that fills while everything runs.

The last line is one JSON object; a broken promise is named in it, and the drill exits non-zero.
"""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kontor.contacts.v1.contacts_pb2 import Contact, CreateContactRequest, GetContactRequest

from kernel.errors import Unavailable
from tests.e2e.calls import side_by_side
from tests.e2e.check import Broken, same, wait_for
from tests.e2e.outages import check_arrived, command, create, write_without_broker
from tests.e2e.running import Running
from tests.e2e.smoke import say
from tests.e2e.world import Counts, World

BROKER_AWAY_SECONDS = 300
_DISK_MB = 900
_MOST_WRITES = 5000
_ENOUGH_REFUSALS = 20


def main() -> int:
    """Both drills; answers the exit code."""
    result: dict[str, object] = {"ok": False}
    try:
        for name, drill in (("broker", broker_away), ("disk", full_disk)):
            result["failed"] = name
            result[name] = drill()
            say(f"{name}: {result[name]}")
    except Exception:
        # Whatever it was, the last line has to name the drill; the traceback stands above it.
        traceback.print_exc(file=sys.stdout)
    else:
        del result["failed"]
        result["ok"] = True
    print(json.dumps(result), flush=True)
    return 0 if result["ok"] else 1


def broker_away() -> Counts:
    """Writes go on, and every fact has its one effect when the broker is back."""
    with _world() as (world, _):
        made = write_without_broker(world, seconds=BROKER_AWAY_SECONDS, every=0.2)
        check_arrived(world, made)
    return {"away_s": BROKER_AWAY_SECONDS, "writes": len(made), "arrived": len(made)}


def full_disk() -> Counts | str:
    """It is said, writes are refused clearly and reads go on; with room again nothing accepted is missing."""
    if os.geteuid() != 0:
        return "not run: only root can mount a small disk"
    with _small_disk() as disk, _world(disk) as (world, said):
        # Before the disk is full: a login is a write as well, at the identity provider.
        accepted = [create(world, "Vorher")]
        refused = _write_until_full(world, disk, accepted)
        wait_for(lambda: any("is full" in line for line in said), "the full disk is said")
        found = world.agent.contacts.GetContact(GetContactRequest(contact_id=accepted[0].id))
        same(found.family_name, "Vorher", "a read on a full disk")
        (disk / "filling").unlink()
        wait_for(lambda: any("has room again" in line for line in said), "the room is said")
        # The very same orders: what was refused has left nothing behind that would forbid them.
        accepted += side_by_side(world.agent.contacts.CreateContact, refused)
        check_arrived(world, accepted)
        return {"accepted": len(accepted) - len(refused), "refused": len(refused), "arrived": len(accepted)}


def _write_until_full(world: World, disk: Path, accepted: list[Contact]) -> list[CreateContactRequest]:
    """The orders that were refused for want of room; the contacts that were made join `accepted`."""
    _fill(disk / "filling")
    refused: list[CreateContactRequest] = []
    for number in range(_MOST_WRITES):
        order = command(f"Randvoll{number}")
        try:
            accepted.append(world.agent.contacts.CreateContact(order))
        except Unavailable as error:
            same(error.reason, "STORAGE_FULL", "the reason of a refusal")
            refused.append(order)
            if len(refused) == _ENOUGH_REFUSALS:
                return refused
    raise Broken(f"{_MOST_WRITES} writes went onto a full disk")


def _fill(file: Path) -> None:
    with file.open("wb", buffering=0) as filling:
        try:
            while True:
                filling.write(bytes(1024 * 1024))
        except OSError as full:
            same(full.errno, errno.ENOSPC, "why no more can be written")


@contextmanager
def _small_disk() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="kontor-disk-"))
    options = ["-t", "tmpfs", "-o", f"size={_DISK_MB}m,mode=0711", "tmpfs"]
    subprocess.run(["mount", *options, str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)
        folder.rmdir()


@contextmanager
def _world(under: Path | None = None) -> Iterator[tuple[World, list[str]]]:
    """A fresh stack with its staff, and what its supervisor says."""
    said: list[str] = []
    with Running(say=said.append, under=under) as running:
        world = World(running, say=say)
        world.hire()
        yield world, said


if __name__ == "__main__":
    sys.exit(main())
