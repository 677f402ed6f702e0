"""`make smoke`: the main job on a fresh stack. The last line is one JSON object; it fails with the step's name."""

from __future__ import annotations

import argparse
import json
import sys
import time
import traceback
from typing import Any, get_args

from devstack.recipes import ROOT, IdentityProvider
from devstack.stack import EXPLAINED
from tests.e2e.running import Running, settle
from tests.e2e.steps import STEPS
from tests.e2e.world import World

LOGS = ROOT / ".kontor" / "smoke-logs"
_SETTLE_SECONDS = 5
_SIGNS_OF_TROUBLE = ('"level": "warning"', '"level": "error"', "Traceback", "ERROR", "FATAL")
_MOST_TROUBLES = 12


def say(text: str) -> None:
    """One line with the time."""
    print(f"{time.strftime('%H:%M:%S')}  {text}", flush=True)


def main() -> int:
    """Run all steps; answers the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.e2e.smoke", description=__doc__)
    parser.add_argument("--idp", choices=get_args(IdentityProvider), default="embedded")
    idp = parser.parse_args().idp
    result: dict[str, Any] = {"ok": False, "steps": {}}
    began = time.monotonic()
    result["failed"] = "start"
    try:
        with Running(idp=idp, say=say) as running:
            _measure(running, result)
            try:
                _run_steps(running, result)
            except Exception:
                running.keep_logs(LOGS)
                say(f"{result['failed']} is broken; the logs of all processes: {LOGS}")
                _print_troubles()
                raise
    except EXPLAINED as failure:
        say(str(failure))
    except Exception:
        # Whatever it was, the last line has to name the step; the traceback stands above it.
        traceback.print_exc(file=sys.stdout)
    else:
        del result["failed"]
        result["ok"] = True
    result["total_s"] = round(time.monotonic() - began, 1)
    print(json.dumps(result), flush=True)
    return 0 if result["ok"] else 1


def _print_troubles() -> None:
    """The last warnings and errors of each process: all that is left where nobody can open the logs."""
    for log in sorted(LOGS.glob("*.log")):
        lines = log.read_text(errors="replace").splitlines()
        troubles = [line for line in lines if any(sign in line for sign in _SIGNS_OF_TROUBLE)]
        for line in troubles[-_MOST_TROUBLES:]:
            print(f"    {log.stem}: {line[:300]}")


def _measure(running: Running, result: dict[str, Any]) -> None:
    """Start time of a fresh stack, first migrations included, and its memory when nothing happens."""
    result["start_s"] = round(running.start_seconds, 1)
    settle(_SETTLE_SECONDS)
    by_process = running.memory()
    result["idle_rss_mb"] = round(running.rss_mb())
    result["idle_pss_mb"] = round(sum(by_process.values()))
    result["idle_mb_by_process"] = {name: round(size) for name, size in by_process.items()}
    say(
        f"started in {result['start_s']} s; {result['idle_rss_mb']} MB resident, {result['idle_pss_mb']} MB of them own"
    )


def _run_steps(running: Running, result: dict[str, Any]) -> None:
    result["failed"] = "accounts"
    world = World(running, say)
    world.hire()
    for number, (name, step) in enumerate(STEPS.items(), start=1):
        result["failed"] = name
        started = time.monotonic()
        counts = step(world)
        seconds = round(time.monotonic() - started, 2)
        result["steps"][name] = {"seconds": seconds, **counts}
        say(
            f"{number:>2} {name}: {seconds} s, "
            + ", ".join(f"{key} {value}" for key, value in counts.items())
        )


if __name__ == "__main__":
    sys.exit(main())
