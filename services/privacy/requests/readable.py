"""Stored values as people read them on paper: instants in the controller's time, lists without brackets, who it was."""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from services.privacy.requests.wording import label, value_words, words

_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?([+-]\d\d:\d\d|Z)")
_BYTES = re.compile(r"(\d+) bytes")
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# Columns that name who acted, by the subject of a login.
_ACTORS = frozenset({"actor", "decided_by", "requested_by"})


@dataclass(frozen=True, slots=True)
class Reader:
    """For whom a document is written: language, time zone, and the logins that are the reader's own."""

    language: str
    zone: tzinfo
    own: Collection[str] = ()

    def instant(self, iso: str) -> str:
        """Day and time where the controller is."""
        at = datetime.fromisoformat(iso).astimezone(self.zone)
        day = f"{at:%d.%m.%Y}" if self.language == "de" else f"{at:%Y-%m-%d}"
        return self._said("moment").format(day=day, time=f"{at:%H:%M}")

    def day(self, iso: str) -> str:
        """The day of an instant where the controller is, as the document's templates take it; empty for none."""
        return f"{datetime.fromisoformat(iso).astimezone(self.zone):%Y-%m-%d}" if iso else ""

    def who(self, subject: str) -> str:
        """Whose login it was. Names of staff are not for a copy; that it was somebody else is."""
        return self._said("self" if subject in self.own else "others")

    def value(self, dataset: str, column: str, value: str) -> str:
        """A stored value; what has no words of its own stays as it is."""
        if column in _ACTORS:
            return self.who(value)
        if column == "country":
            return label(self.language, "countries", value) if value else value
        if _INSTANT.fullmatch(value):
            return self.instant(value)
        if found := _BYTES.fullmatch(value):
            return self._said("bytes").format(count=found[1])
        if value[:1] in {"{", "["}:
            return self._listed(value)
        return value_words(self.language, dataset, column, value)

    def _listed(self, value: str) -> str:
        try:
            read = json.loads(value)
        except ValueError:
            # Somebody's own text that only begins like a list.
            return value
        if isinstance(read, list) and read and all(isinstance(each, int) for each in read):
            return self._said("places").format(count=len(read) // 2)
        return "; ".join(_parts(read)) if isinstance(read, (dict, list)) else value

    def _said(self, key: str) -> str:
        return str(words(self.language)["said"][key])


def _parts(read: dict[str, Any] | list[Any]) -> list[str]:
    if isinstance(read, list):
        return [str(each) for each in read]
    # Under a number of ours stands nothing that a person could read.
    return [key if _ID.fullmatch(str(each)) else f"{key}: {each}" for key, each in read.items()]
