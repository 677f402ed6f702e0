"""Command: after a restore, do every erasure again that the ledger's copies know and a database has forgotten.

    python -m services.privacy.replay_erasures [--everywhere] [--look]

The privacy service does the same by itself before it is ready, whenever its own database was restored; it has to
run, because it carries the erasures out. `--everywhere` also asks every holder about everybody who was ever
erased: for a database that was restored alone. `--look` changes nothing. The last line is one JSON object;
the exit code is 1 if something is left, or if a copy of the ledger is damaged or forged.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from typing import Any

from kernel.errors import DomainError
from kernel.lifecycle import Backend
from services.privacy.assembly import (
    make_channels,
    make_deadline,
    make_desk,
    make_ledger,
    make_suppression,
)
from services.privacy.config import Settings
from services.privacy.ledger.copies import Copies
from services.privacy.requests.replaying import Replay
from services.privacy.tables import metadata

_PAUSE_S = 2.0


async def replay(everywhere: bool, look: bool) -> dict[str, Any]:
    """Begins what is missing and waits for its end; answers what is told last."""
    settings = Settings()
    backend = Backend("privacy", settings, metadata=metadata)
    connected = asyncio.create_task(backend.bus.connect())
    ledger = make_ledger(backend, settings)
    desk = make_desk(backend, settings, make_channels(backend, settings))
    suppression = make_suppression(backend, settings)
    work = Replay(desk, ledger, make_deadline(settings), suppression=suppression)
    try:
        copies = await ledger.copies()
        told: dict[str, Any] = _told(copies)
        if not look:
            begun = await (work.redo_everywhere(copies) if everywhere else work.redo(copies))
            told["replayed"] = begun.erasures
            await _finish(work)
            told |= _told(await ledger.copies())
        told["running"] = await work.running()
    finally:
        connected.cancel()
        await backend.close()
    left = told["forgotten"] + told["running"]
    return {"ok": not left and not told["problems"], **told}


def _told(copies: Copies) -> dict[str, Any]:
    return {
        "promises": len(copies.erasures()),
        "forgotten": len(copies.rolled_back()),
        "gaps": copies.gaps(),
        "problems": copies.problems,
    }


async def _finish(work: Replay) -> None:
    while running := await work.running():
        print(f"{running} erasures are being done again", flush=True)
        await asyncio.sleep(_PAUSE_S)


def main() -> int:
    """Reads the arguments and does it."""
    parser = argparse.ArgumentParser(prog="python -m services.privacy.replay_erasures", description=__doc__)
    parser.add_argument("--everywhere", action="store_true", help="also ask every holder about everybody")
    parser.add_argument("--look", action="store_true", help="only say what would be done")
    arguments = parser.parse_args()
    try:
        told = asyncio.run(replay(arguments.everywhere, arguments.look))
    except DomainError as error:
        told = {"ok": False, "error": error.reason}
    print(json.dumps(told), flush=True)
    return 0 if told["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())
