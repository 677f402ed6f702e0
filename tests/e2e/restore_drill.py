"""`make restore-drill`: 1,000 people are erased, an older backup is restored, and nobody comes back.

The last line is one JSON object; a broken promise is named in it, and the drill exits non-zero.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
import traceback
from pathlib import Path
from typing import Any

from devstack.postgres import tool
from devstack.recipes import ROOT
from tests.e2e.backups import back_up, restore
from tests.e2e.check import Broken, holds, same, wait_for
from tests.e2e.leaks import identifiers_of
from tests.e2e.people import Person
from tests.e2e.residue import Canaries, by_place, scan
from tests.e2e.running import PROCESSES, Running
from tests.e2e.smoke import say
from tests.e2e.steps import s01_import
from tests.e2e.subjects import (
    completed,
    erase,
    fill,
    open_replays,
    promised,
    suppressed,
    untouched_rows,
)
from tests.e2e.world import World

LOGS = ROOT / ".kontor" / "restore-logs"
SUBJECTS = 1_000
_TOO_LONG_S = 900


def main() -> int:
    """Runs the drill; answers the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.e2e.restore_drill", description=__doc__)
    parser.add_argument("--subjects", type=int, default=SUBJECTS, help="how many people are erased")
    arguments = parser.parse_args()
    result: dict[str, Any] = {"ok": False, "subjects": arguments.subjects}
    began = time.monotonic()
    try:
        with Running(say=say) as running:
            try:
                _drill(World(running, say=say), arguments.subjects, result)
            except Exception:
                running.keep_logs(LOGS)
                say(f"the logs of all processes: {LOGS}")
                raise
    except Exception as error:
        result["failed"] = str(error) if isinstance(error, Broken) else type(error).__name__
        traceback.print_exc(file=sys.stdout)
    else:
        result["ok"] = True
    result["total_s"] = round(time.monotonic() - began, 1)
    print(json.dumps(result), flush=True)
    return 0 if result["ok"] else 1


def _drill(world: World, count: int, result: dict[str, Any]) -> None:
    running = world.running
    world.hire()
    s01_import.run(world)
    everybody = [person for person in (*world.people.google, *world.people.outlook) if person.email]
    gone, stay = everybody[:count], everybody[count:]
    fill(world, everybody[::10])
    ids = [world.contact_id(person) for person in gone]
    before = untouched_rows(running, ids)

    folder = running.folder / "older-backup"
    result["backup_s"] = _timed(lambda: back_up(running, folder, tool("pg_dump")))
    say(f"backed up in {result['backup_s']} s")
    result["erase_s"] = _timed(lambda: erase(world, ids))
    result["erasure_per_s"] = round(count / result["erase_s"], 2)
    say(f"{count} people erased in {result['erase_s']} s")
    known = promised(running)
    same(len(known), count, "promises in the ledger")

    disaster = time.time()
    result["rto_s"] = _timed(lambda: _restore_and_replay(world, folder, count))
    say(f"ready again after {result['rto_s']} s")
    lost = [at for id, at in known.items() if id not in promised(running)]
    result["rpo_s"] = round(max((disaster - at for at in lost), default=0.0), 1)
    _check_command(running)
    _check(world, gone, stay, result)
    same(untouched_rows(running, ids), before, "rows of everybody else")
    same(lost, [], "promises that the restore has lost")


def _restore_and_replay(world: World, folder: Path, count: int) -> None:
    """The older backup comes back; the replay is killed half-way, and goes on by itself."""
    running = world.running
    for name in reversed(PROCESSES):
        running.take_down(name)
    restore(running, folder, tool("pg_restore"))
    same(completed(running), 0, "erasures that the older backup knows")
    for name in PROCESSES:
        running.launch(name)
    wait_for(lambda: completed(running) >= count // 2, "half of it is replayed", seconds=_TOO_LONG_S)
    holds(open_replays(running), "the replay is killed before it is complete")
    say(f"killed with {completed(running)} of {count} replayed")
    world.kills.one("restore", "privacy")
    wait_for(
        lambda: completed(running) == count and not open_replays(running),
        "everybody is erased again",
        seconds=_TOO_LONG_S,
    )
    for name in PROCESSES:
        running.wait_ready(name)


def _check_command(running: Running) -> None:
    """The operator's command agrees, and finds nothing more to do."""
    command = [sys.executable, "-m", "services.privacy.replay_erasures"]
    environment = dict(running.env("privacy"))
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False)
    told = json.loads(done.stdout.splitlines()[-1])
    same((told["ok"], told["replayed"], told["problems"]), (True, 0, []), "what the command tells")


def _check(world: World, gone: list[Person], stay: list[Person], result: dict[str, Any]) -> None:
    seen = [(person.email, value) for person in (*gone, *stay[:1]) for value in identifiers_of(person)]
    found = scan(world.running, Canaries(seen))
    # One who stays is looked for as well: a search that finds nobody would prove nothing.
    witness = stay[0].email
    holds(any(witness in each.owners for each in found), "the search finds somebody who was not erased")
    back = [each for each in found if each.owners - {witness}]
    result["leftovers"] = len({owner for each in back for owner in each.owners} - {witness})
    same(dict(by_place(back)), {}, "places where erased people can still be found")
    same(suppressed(world, [p.email for p in gone]), len(gone), "erased addresses that are suppressed")


def _timed(work: Any) -> float:
    started = time.monotonic()
    work()
    return round(time.monotonic() - started, 1)


if __name__ == "__main__":
    sys.exit(main())
