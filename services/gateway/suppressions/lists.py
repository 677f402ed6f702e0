"""Foreign lists of addresses: from the bytes of a file to what became of each line. Keeps and logs no address."""

from __future__ import annotations

import csv
import io
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from kontor.privacy.v1.privacy_pb2 import (
    SUPPRESSION_OUTCOME_ADDED,
    SUPPRESSION_OUTCOME_INVALID,
    Address,
    Channel,
    ImportSuppressionsRequest,
)

from services.gateway.clients import clients

# As in the contract: ImportSuppressionsRequest.addresses and Address.value.
_PART = 1000
_LONGEST = 320
# Whoever has more wrong lines than this has chosen the wrong file, or the wrong channel.
_SHOWN = 200
_HEADS = ("mail", "phone", "telefon", "mobil", "nummer", "number")


class Unreadable(Exception):
    """The file is no list that can be read."""


@dataclass
class Result:
    """What became of a list, in numbers; of wrong lines where they stand, and never what they say."""

    added: int = 0
    listed_before: int = 0
    invalid: int = 0
    invalid_lines: list[int] = field(default_factory=list)

    @property
    def total(self) -> int:
        """How many lines held something."""
        return self.added + self.listed_before + self.invalid

    def refuse(self, line: int) -> None:
        """Counts a line that holds no address."""
        self.invalid += 1
        if len(self.invalid_lines) < _SHOWN:
            self.invalid_lines.append(line)


def take_over(content: bytes, channel: int) -> Result:
    """Sends the list in parts. Errors: Unreadable, before or while it is read; what was sent stays."""
    result = Result()
    sound = _sound(_addresses(_text(content)), result)
    while part := list(islice(sound, _PART)):
        asked = ImportSuppressionsRequest(
            request_id=str(uuid.uuid4()),
            addresses=[Address(channel=Channel.ValueType(channel), value=value) for _, value in part],
        )
        outcomes = clients().suppressions.ImportSuppressions(asked).outcomes
        for (line, _), outcome in zip(part, outcomes, strict=True):
            if outcome == SUPPRESSION_OUTCOME_INVALID:
                result.refuse(line)
            elif outcome == SUPPRESSION_OUTCOME_ADDED:
                result.added += 1
            else:
                result.listed_before += 1
    result.invalid_lines.sort()
    return result


def _text(content: bytes) -> str:
    wide = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ["utf-16"] if wide else ["utf-8-sig", "windows-1252"]:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise Unreadable


def _addresses(text: str) -> Iterator[tuple[int, str]]:
    """Line and address of each row that holds something; a head decides the column, without one it is the first."""
    first = text.lstrip().partition("\n")[0]
    delimiter = max(";,\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    column, seen = 0, False
    try:
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if not seen and (head := _head(cells)) is not None:
                column, seen = head, True
                continue
            seen = True
            yield reader.line_num, cells[column].strip() if column < len(cells) else ""
    except csv.Error:
        raise Unreadable from None


def _head(cells: list[str]) -> int | None:
    """Which column the head names; None if this is no head."""
    if any("@" in cell or sum(letter.isdigit() for letter in cell) > 3 for cell in cells):
        return None
    named = (place for place, cell in enumerate(cells) if any(word in cell.lower() for word in _HEADS))
    return next(named, 0 if len(cells) == 1 and cells[0].strip().isalpha() else None)


def _sound(rows: Iterator[tuple[int, str]], result: Result) -> Iterator[tuple[int, str]]:
    for line, value in rows:
        if value and len(value) <= _LONGEST:
            yield line, value
        else:
            result.refuse(line)
