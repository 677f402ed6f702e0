"""The union of all copies of the ledger: what was promised, wherever it is still written, and what is wrong there."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field

from services.privacy.ledger.model import LedgerEntry, Statement, entry_of

TABLE, STREAM, EXPORTS = "table", "stream", "exports"
ERASURE = "erasure"


@dataclass(slots=True)
class Copies:
    """Statements that this service has signed, by the place where they were found and by their digest."""

    places: dict[str, dict[str, Statement]] = field(default_factory=dict)
    # `place: where: why`. Never a value: whoever can forge a statement could write anything into it.
    problems: list[str] = field(default_factory=list)

    def add(self, place: str, statement: Statement, where: str) -> None:
        """Takes a statement in; an erasure that is none is a problem, for nothing we signed can be."""
        if statement.content["kind"] == ERASURE:
            try:
                entry_of(statement.content)
            except ValueError:
                self.problems.append(f"{place}: {where}: unreadable")
                return
        self.places.setdefault(place, {})[statement.digest] = statement

    @property
    def union(self) -> Mapping[str, Statement]:
        """Everything, once."""
        return {digest: each for place in self.places.values() for digest, each in place.items()}

    def erasures(self) -> list[tuple[LedgerEntry, Statement]]:
        """All promises to erase, oldest first."""
        found = [(entry_of(s.content), s) for s in self.union.values() if s.content["kind"] == ERASURE]
        return sorted(found, key=lambda each: (each[0].recorded_at, each[0].id))

    def missing_in(self, place: str) -> list[Statement]:
        """What other copies have and this one has not, oldest erasures first."""
        here = self.places.get(place, {})
        others = [s for digest, s in self.union.items() if digest not in here]
        return sorted(others, key=lambda each: str(each.content.get("time", "")))

    def rolled_back(self) -> list[tuple[LedgerEntry, Statement]]:
        """Promises of which this database knows nothing any more: it was restored from an older backup."""
        # By id: what the machine has promised anew meanwhile, for the same round, is the same promise.
        here = self._promised_in(TABLE)
        return [each for each in self.erasures() if each[0].id not in here]

    def gaps(self) -> dict[str, int]:
        """How many erasures each place lacks that another one has."""
        every = {entry.id for entry, _ in self.erasures()}
        return {place: len(every - self._promised_in(place)) for place in (TABLE, STREAM, EXPORTS)}

    def _promised_in(self, place: str) -> set[uuid.UUID]:
        here = self.places.get(place, {}).values()
        return {entry_of(s.content).id for s in here if s.content["kind"] == ERASURE}
