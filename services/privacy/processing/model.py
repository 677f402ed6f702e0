"""Activities and their lines, what is new in them, and the name of exactly this content."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Any

from kernel.errors import Aborted, NotFound

RECORD, CONTEXTS = "record", "activities"
# All versions of the record are one entry of its register; the context of each activity is another.
RECORD_ID = uuid.UUID("5d0b4f0e-7f0d-5e36-9a55-30a130a130a1")
_CONTEXT_NAMESPACE = uuid.UUID("0f6b1a52-2f7e-5c0a-8f3c-30c030c030c0")
# Asked every few minutes: who has said nothing for an hour does not answer.
STALE = timedelta(hours=1)
ACTIVITIES = ("service", "marketing", "sales", "contract", "legal_duty", "security")


class ActivityUnknown(NotFound):
    """There is no such purpose."""


class VersionNotFound(NotFound):
    """The record has no such version."""


class RecordChanged(Aborted):
    """What would be confirmed is not what was read."""


class Mark(IntEnum):
    """How a line stands to the newest version; numbers are the contract's."""

    SAME = 1
    NEW = 2
    CHANGED = 3
    GONE = 4


@dataclass(frozen=True, slots=True)
class Line:
    """One dataset of one holder, as far as it serves one purpose."""

    purpose: str
    holder: str
    dataset: str
    categories: Sequence[str]
    bases: Sequence[str]
    columns: Sequence[str]
    retention: str

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes it the same line in another version."""
        return self.purpose, self.holder, self.dataset


@dataclass(frozen=True, slots=True)
class Described:
    """What a holder declared, and when it last said so."""

    holder: str
    lines: Sequence[Line]
    at: datetime


@dataclass(frozen=True, slots=True)
class Marked:
    """A line with its mark; `new_columns` are those that the newest version does not have."""

    line: Line
    mark: Mark
    new_columns: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Activity:
    """What is done for one purpose; the context is typed by hand."""

    key: str
    context: Mapping[str, str]
    context_version: int
    context_changed: bool
    lines: Sequence[Marked]


@dataclass(frozen=True, slots=True)
class Record:
    """The record as it is today."""

    activities: Sequence[Activity]
    described: Sequence[Described]
    content: Mapping[str, Any]
    version: int

    @property
    def fingerprint(self) -> str:
        """Names exactly this content."""
        canonical = json.dumps(self.content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()

    @property
    def open_changes(self) -> int:
        """How much waits for the word of the data protection officer."""
        marked = sum(line.mark is not Mark.SAME for a in self.activities for line in a.lines)
        return marked + sum(a.context_changed for a in self.activities)


@dataclass(frozen=True, slots=True)
class Difference:
    """How many lines of a version were not in the one before, differ from it, or are no longer there."""

    added: int = 0
    changed: int = 0
    removed: int = 0


@dataclass(frozen=True, slots=True)
class Confirmed:
    """A version of the record, and what it changed."""

    version: int
    at: datetime
    by: str
    content: Mapping[str, Any] = field(repr=False)
    difference: Difference = field(default_factory=Difference)


def context_id(key: str) -> uuid.UUID:
    """The entry that holds the context of an activity."""
    return uuid.uuid5(_CONTEXT_NAMESPACE, key)


def content_of(lines: Sequence[Line], contexts: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    """What a version keeps: activities with their contexts and lines, in a stable order."""
    used = [key for key in ACTIVITIES if any(line.purpose == key for line in lines)]
    return {
        "activities": [
            {
                "key": key,
                "context": dict(contexts.get(key, {})),
                "lines": [_plain(each) for each in sorted(lines, key=lambda x: x.key) if each.purpose == key],
            }
            for key in used
        ]
    }


def lines_of(content: Mapping[str, Any]) -> dict[tuple[str, str, str], Line]:
    """The lines of a version by their keys."""
    found = [
        Line(purpose=activity["key"], **each)
        for activity in content.get("activities", ())
        for each in activity["lines"]
    ]
    return {line.key: line for line in found}


def contexts_of(content: Mapping[str, Any]) -> dict[str, Mapping[str, str]]:
    """The contexts of a version by activity."""
    return {activity["key"]: activity["context"] for activity in content.get("activities", ())}


def marked(
    now: Mapping[tuple[str, str, str], Line], then: Mapping[tuple[str, str, str], Line]
) -> list[Marked]:
    """Every line of both, the ones that are gone among them."""
    found = []
    for key in sorted(now.keys() | then.keys()):
        line, before = now.get(key), then.get(key)
        if line is None:
            found.append(Marked(then[key], Mark.GONE))
        elif before is None:
            found.append(Marked(line, Mark.NEW, line.columns))
        else:
            added = [column for column in line.columns if column not in before.columns]
            found.append(Marked(line, Mark.SAME if line == before else Mark.CHANGED, added))
    return found


def difference(new: Mapping[str, Any], old: Mapping[str, Any]) -> Difference:
    """What a version changed."""
    marks = [each.mark for each in marked(lines_of(new), lines_of(old))]
    return Difference(marks.count(Mark.NEW), marks.count(Mark.CHANGED), marks.count(Mark.GONE))


def _plain(line: Line) -> dict[str, Any]:
    found = asdict(line)
    del found["purpose"]
    return found
