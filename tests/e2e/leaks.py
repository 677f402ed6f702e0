"""Looks for personal values in bytes, whatever format they are in: thousands of needles, one pass."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable

from tests.e2e.people import People, Person

# Shorter values would be found by accident; every value of the run is longer.
_KEY = 6


class Needles:
    """The values that must not occur, each in every spelling in which it could."""

    def __init__(self, values: Iterable[str]) -> None:
        self._by_start: dict[bytes, set[bytes]] = defaultdict(set)
        self.count = 0
        for value in {value for value in values if value}:
            self.count += 1
            for spelling in _spellings(value):
                if len(spelling) < _KEY:
                    raise ValueError(f"{value!r} is too short to be looked for")
                self._by_start[spelling[:_KEY]].add(spelling)

    def found_in(self, content: bytes) -> list[str]:
        """Which of them occur. Letters A to Z are compared without case."""
        hay, starts = content.lower(), self._by_start
        hits = set()
        for position in range(len(hay) - _KEY + 1):
            for spelling in starts.get(hay[position : position + _KEY], ()):
                if hay.startswith(spelling, position):
                    hits.add(spelling.decode(errors="replace"))
        return sorted(hits)


def values_of(people: People, texts: Iterable[str]) -> set[str]:
    """Names, addresses and numbers of everybody in the run, and every free text of it."""
    found = {value for person in people for value in (*identifiers_of(person), *person.note.splitlines())}
    return found | {line for text in texts for line in text.splitlines()}


def identifiers_of(person: Person) -> set[str]:
    """How somebody can be recognised. The family names of this run occur nowhere else in any language."""
    numbers = {person.phone, person.phone_e164, person.phone.replace(" ", "")}
    return {value for value in (person.family, person.email, *numbers) if len(value) >= _KEY}


def _spellings(value: str) -> set[bytes]:
    plain = value.lower()
    # JSON escapes what is not ASCII; Windows-1252 is what one of the files came in.
    escaped = json.dumps(plain)[1:-1]
    return {plain.encode(), escaped.encode(), plain.encode("cp1252", "ignore"), value.encode().lower()}
