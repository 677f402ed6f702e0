"""Command: look at facts that a consumer set aside, drive them again, or drop them.

    python -m kernel.dead_letters list
    python -m kernel.dead_letters redrive SEQUENCE|all
    python -m kernel.dead_letters drop SEQUENCE

Needs KONTOR_NATS_URL. Facts hold ids only, so what is printed is no personal data.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import AsyncIterator

from nats.js.api import RawStreamMsg
from nats.js.errors import NotFoundError

from kernel.bus import DEAD_STREAM, Bus


async def dead_letters(bus: Bus) -> AsyncIterator[RawStreamMsg]:
    """All dead letters, oldest first."""
    try:
        state = (await bus.jetstream.stream_info(DEAD_STREAM)).state
    except NotFoundError:
        return
    for sequence in range(state.first_seq, state.last_seq + 1):
        try:
            yield await bus.jetstream.get_msg(DEAD_STREAM, sequence)
        except NotFoundError:
            continue


async def redrive(bus: Bus, letter: RawStreamMsg) -> None:
    """Publishes the fact again on its own subject and removes the dead letter.

    Consumers that had handled it know its id from their inbox and do nothing.
    """
    headers = {k: v for k, v in (letter.headers or {}).items() if not k.startswith(("kontor-", "Nats-"))}
    # Another message id, or the broker would take it for the first one within its window.
    headers["Nats-Msg-Id"] = f"{headers.get('ce-id', 'unknown')}-redrive-{letter.seq}"
    subject = (letter.headers or {})["kontor-origin-subject"]
    await bus.publish(subject, letter.data or b"", headers)
    await bus.jetstream.delete_msg(DEAD_STREAM, letter.seq or 0)


def _describe(letter: RawStreamMsg) -> str:
    headers = letter.headers or {}
    return "  ".join(
        (
            f"{letter.seq:>6}",
            headers.get("ce-time", "-"),
            headers.get("kontor-dead-consumer", "-"),
            headers.get("kontor-origin-subject", "-"),
            headers.get("kontor-dead-reason", "-"),
            headers.get("ce-id", "-"),
        )
    )


async def _run(action: str, which: str) -> int:
    bus = Bus(os.environ["KONTOR_NATS_URL"], name="dead-letters")
    try:
        await asyncio.wait_for(bus.connect(), 5)
    except TimeoutError:
        print("The broker does not answer; is the stack running?", file=sys.stderr)
        return 1
    count = 0
    async for letter in dead_letters(bus):
        if action != "list" and which not in ("all", str(letter.seq)):
            continue
        count += 1
        print(_describe(letter))
        if action == "redrive":
            await redrive(bus, letter)
        elif action == "drop":
            await bus.jetstream.delete_msg(DEAD_STREAM, letter.seq or 0)
    print(f"{count} dead letter(s){'' if action == 'list' else ': ' + action}")
    await bus.close()
    return 0


def main() -> int:
    """Reads the arguments and runs the action."""
    parser = argparse.ArgumentParser(prog="python -m kernel.dead_letters", description=__doc__)
    parser.add_argument("action", choices=("list", "redrive", "drop"), nargs="?", default="list")
    parser.add_argument("which", nargs="?", default="", help="a sequence, or 'all'")
    arguments = parser.parse_args()
    if arguments.action != "list" and not arguments.which:
        parser.error("say which: a sequence, or 'all'")
    if not os.environ.get("KONTOR_NATS_URL"):
        parser.error("KONTOR_NATS_URL is not set")
    return asyncio.run(_run(arguments.action, arguments.which))


if __name__ == "__main__":
    sys.exit(main())
