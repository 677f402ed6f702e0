"""Daily exports of the ledger to the backup target: one file each, written once, each naming the one before."""

from __future__ import annotations

import hashlib
import os
import re
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from kernel.signing import Signer
from services.privacy.ledger.model import Statement, Untrusted, sign_statement, trusted

KIND = "ledger-export"
# Number, day of the export in UTC, beginning of the SHA-256 of what stands in it.
_NAME = re.compile(r"ledger-(\d{6,})-(\d{4}-\d{2}-\d{2})-([0-9a-f]{16})\.json")


@dataclass(frozen=True, slots=True)
class Export:
    """One file: its number, its hash, when it was made, and the statements that no file before it has."""

    number: int
    digest: str
    made_at: datetime
    statements: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class Exports:
    """What was found in the folder, in order, and what is wrong there: `file: why`."""

    files: tuple[Export, ...]
    problems: tuple[str, ...]


class ExportFolder:
    """A folder that only ever grows: a file appears whole and under a name that no other one has.

    All of this waits for a disk: call it in a thread. Errors: OSError.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self, public_keys: Sequence[str]) -> Exports:
        """All exports that one of these keys signed; a file that proves nothing is told, and not used."""
        self._path.mkdir(parents=True, exist_ok=True)
        found: list[tuple[Export, str]] = []
        problems: list[str] = []
        for file in sorted(self._path.glob("ledger-*.json")):
            try:
                found.append(_parse(file.name, file.read_bytes(), public_keys))
            except Untrusted as error:
                problems.append(f"{file.name}: {error}")
        found.sort(key=lambda each: each[0].number)
        problems += _breaks(found)
        return Exports(tuple(export for export, _ in found), tuple(problems))

    def write(
        self, statements: Sequence[Statement], *, after: Export | None, now: datetime, signer: Signer
    ) -> Export:
        """Adds a file after the newest one, also when there is nothing new: a day without one is a gap."""
        number, day = (after.number + 1 if after else 1), now.date().isoformat()
        content = {
            "kind": KIND,
            "number": number,
            "day": day,
            "time": now.isoformat(),
            "previous": after.digest if after else "",
            "statements": [each.text for each in statements],
        }
        written = sign_statement(content, signer).encode()
        digest = hashlib.sha256(written).hexdigest()
        self._put(f"ledger-{number:06}-{day}-{digest[:16]}.json", written)
        return Export(number, digest, now, tuple(statements))

    def _put(self, name: str, content: bytes) -> None:
        unfinished = self._path / f".{name}.{uuid.uuid4().hex}"
        try:
            with unfinished.open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            # Unlike a file that is moved, a link never takes the place of another one.
            os.link(unfinished, self._path / name)
        finally:
            unfinished.unlink(missing_ok=True)
        folder = os.open(self._path, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _parse(name: str, written: bytes, public_keys: Sequence[str]) -> tuple[Export, str]:
    """An export, and the hash that it names as the one before. Errors: Untrusted."""
    content, digest = trusted(written, public_keys).content, hashlib.sha256(written).hexdigest()
    named = _NAME.fullmatch(name)
    if named is None or named[3] != digest[:16]:
        raise Untrusted("name")
    try:
        said = (content["kind"], content["number"], content["day"])
        if said != (KIND, int(named[1]), named[2]):
            raise Untrusted("name")
        # Each statement has a signature of its own: one that is not ours is not made ours by this file.
        statements = tuple(trusted(each.encode(), public_keys) for each in content["statements"])
        export = Export(content["number"], digest, datetime.fromisoformat(content["time"]), statements)
        return export, str(content["previous"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Untrusted("unreadable") from error


def _breaks(found: Sequence[tuple[Export, str]]) -> Iterator[str]:
    """Where the chain is broken: a file is missing, or there are two in one place."""
    expected, before = 1, ""
    for export, previous in found:
        if export.number < expected:
            yield f"export {export.number}: twice"
            continue
        if export.number > expected:
            yield f"export {expected}: missing"
        elif previous != before:
            yield f"export {export.number}: chain"
        expected, before = export.number + 1, export.digest
