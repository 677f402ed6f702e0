"""`make sso-check`: sign-on with real Keycloak. The last line is one JSON object; it fails with the step's name."""

from __future__ import annotations

import argparse
import json
import sys
import time
import traceback
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Any, get_args

from playwright.sync_api import sync_playwright

from devstack.recipes import ROOT, IdentityProvider
from devstack.stack import EXPLAINED
from tests.e2e.running import Running
from tests.e2e.sso.world import Counts, World
from tests.fixtures.needs import CHROMIUM_FLAGS, find_chromium

LOGS = ROOT / ".kontor" / "sso-logs"
STEPS = (
    "logins",
    "second_factor",
    "passkey",
    "wrong_role",
    "rights",
    "broker",
    "forged",
    "logout",
    "backchannel",
    "rotation",
    "outage",
)
# What the embedded provider does not have (docs/decisions/0012-keycloak-in-the-stack.md).
_KEYCLOAK_ONLY = frozenset({"passkey", "broker", "rotation"})


def steps(idp: IdentityProvider) -> dict[str, Callable[[World], Counts]]:
    """The steps that this tree has, in their order, for this provider."""
    names = [name for name in STEPS if idp == "keycloak" or name not in _KEYCLOAK_ONLY]
    present = [name for name in names if find_spec(f"tests.e2e.sso.{name}") is not None]
    return {name: import_module(f"tests.e2e.sso.{name}").run for name in present}


def say(text: str) -> None:
    """One line with the time."""
    print(f"{time.strftime('%H:%M:%S')}  {text}", flush=True)


def main() -> int:
    """Run all steps; answers the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.e2e.sso", description=__doc__)
    parser.add_argument("--idp", choices=get_args(IdentityProvider), default="keycloak")
    idp = parser.parse_args().idp
    result: dict[str, Any] = {"ok": False, "idp": idp, "steps": {}, "failed": "start"}
    began = time.monotonic()
    try:
        with Running(idp=idp, say=say) as running:
            result["start_s"] = round(running.start_seconds, 1)
            try:
                _run_steps(running, idp, result)
            except Exception:
                running.keep_logs(LOGS)
                say(f"{result['failed']} is broken; the logs of all processes: {LOGS}")
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


def _run_steps(running: Running, idp: IdentityProvider, result: dict[str, Any]) -> None:
    result["failed"] = "browser"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=find_chromium(), args=CHROMIUM_FLAGS)
        world = World(running, chromium, say)
        for number, (name, step) in enumerate(steps(idp).items(), start=1):
            result["failed"] = name
            started = time.monotonic()
            counts = step(world)
            seconds = round(time.monotonic() - started, 1)
            result["steps"][name] = {"seconds": seconds, **counts}
            say(
                f"{number} {name}: {seconds} s, {', '.join(f'{key} {value}' for key, value in counts.items())}"
            )
            # The two figures that are asked for stand at the top as well.
            result.update({key: counts[key] for key in ("logins", "forged_refused") if key in counts})
        chromium.close()


if __name__ == "__main__":
    sys.exit(main())
