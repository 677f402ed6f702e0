"""Whose rows are whose, without asking the declarations: by the ids and the canary that stand in them."""

from __future__ import annotations

import re
import uuid
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from tests.e2e.filling import Filled, row_id
from tests.e2e.residue import name_of, rows_of, tables_of
from tests.e2e.running import BACK_ENDS, Running

_WORDS = re.compile(rb"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|k[0-9a-f]{12}")
Rows = dict[str, Counter[bytes]]


@dataclass(frozen=True)
class Difference:
    """Rows of one subject in one table: how many are not as they were, and how many came."""

    table: str
    lost: int
    new: int


class Belongings:
    """Every row of every database that names one of these subjects, as it was at some moment."""

    def __init__(self, running: Running, subjects: Iterable[Filled]) -> None:
        self._owners: dict[bytes, Filled] = {}
        self._subjects = list(subjects)
        tables: set[str] = set()
        found: list[tuple[str, list[bytes]]] = []
        for service in BACK_ENDS:
            with running.connect(service) as connection:
                for table in tables_of(connection):
                    tables.add(name_of(table))
                    found.append((f"{service}.{name_of(table)}", rows_of(connection, table)))
        for subject in self._subjects:
            for word in (subject.canary, *map(str, self._ids(subject, tables))):
                self._owners[word.encode()] = subject
        self._rows: dict[Filled, Rows] = defaultdict(lambda: defaultdict(Counter))
        for place, rows in found:
            for row in rows:
                for owner in self._owners_of(row):
                    self._rows[owner][place][row] += 1

    def of(self, subject: Filled) -> Mapping[str, Counter[bytes]]:
        """The rows of one subject, by table."""
        return self._rows[subject]

    def compared_with(self, earlier: Belongings, subject: Filled) -> list[Difference]:
        """Where a subject's rows are not those of an earlier moment."""
        now, then = self._rows[subject], earlier._rows[subject]
        found = []
        for table in sorted(now.keys() | then.keys()):
            lost, new = then[table] - now[table], now[table] - then[table]
            if lost or new:
                found.append(Difference(table, lost.total(), new.total()))
        return found

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Belongings) and self._rows == other._rows

    def __hash__(self) -> int:
        return id(self)

    def _owners_of(self, row: bytes) -> set[Filled]:
        return {owner for word in _WORDS.findall(row) if (owner := self._owners.get(word)) is not None}

    @staticmethod
    def _ids(subject: Filled, tables: Collection[str]) -> list[uuid.UUID]:
        return [subject.id, *(row_id(table, subject) for table in tables)]
