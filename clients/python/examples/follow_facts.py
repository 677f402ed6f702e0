"""Follows every fact from a stored position: `python follow_facts.py positions.json [--until-idle] [--since TIME]`.

Prints one line of JSON per fact. The file keeps how far it has come in each stream; the first time it begins at the
oldest fact that is kept, or at TIME (2026-11-01T00:00:00+00:00).
"""

import argparse
import asyncio
import json
import os
import sys
from datetime import datetime
from pathlib import Path

from google.protobuf.json_format import MessageToDict

from kontor_client.facts import STREAMS, Fact, FactReader


class Positions:
    """How far each stream has been read, in a file that is replaced as a whole."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._known: dict[str, int] = json.loads(file.read_text()) if file.exists() else {}

    def get(self, stream: str) -> int | None:
        return self._known.get(stream)

    def keep(self, stream: str, position: int) -> None:
        self._known[stream] = position
        partial = self._file.with_suffix(".new")
        partial.write_text(json.dumps(self._known))
        partial.replace(self._file)


def handle(fact: Fact) -> None:
    """Here is where your system does something. If it keeps a database, keep the position there, too."""
    content = MessageToDict(fact.message) if fact.message is not None else None
    print(
        json.dumps({"id": fact.id, "subject": fact.subject, "position": fact.position, "fact": content}),
        flush=True,
    )


async def follow(reader: FactReader, stream: str, positions: Positions, given: argparse.Namespace) -> None:
    after = positions.get(stream)
    if after is None:
        after = await reader.position_at(stream, given.since) if given.since else 0
    async for fact in reader.follow(stream, after=after, until_idle=given.until_idle):
        handle(fact)
        positions.keep(stream, fact.position)


async def run(given: argparse.Namespace) -> None:
    positions = Positions(given.positions)
    async with (
        await FactReader.connect(os.environ["KONTOR_FACTS_URL"]) as reader,
        asyncio.TaskGroup() as tasks,
    ):
        for stream in STREAMS:
            tasks.create_task(follow(reader, stream, positions, given))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("positions", type=Path)
    parser.add_argument("--until-idle", action="store_true", help="end when nothing more comes")
    parser.add_argument("--since", type=datetime.fromisoformat, help="where to begin the first time")
    asyncio.run(run(parser.parse_args()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
