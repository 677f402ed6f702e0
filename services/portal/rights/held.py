"""Turns what the services hold into groups that a person can read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext
from kontor.privacy.v1 import holder_pb2
from kontor.privacy.v1.holder_pb2 import PlanItem, Record
from kontor.privacy.v1.privacy_pb2 import Disclosure

from kernel.web.i18n import day
from services.portal.clients import Held
from services.portal.rights import vocabulary
from services.portal.rights.actions import Action, actions
from services.portal.rights.values import words
from services.portal.rights.words import BASES, PURPOSES, holder_words, names, recipient, source_words

# More than this of one kind is listed in the copy of the data, not on the page.
SHOWN_RECORDS = 10
_READS = "audit_entry"


@dataclass
class Entry:
    """One stored record: labelled values."""

    values: list[tuple[str, str]]
    since: Any
    source: str


@dataclass
class Dataset:
    """One kind of record with what Art. 15 wants to be said about it."""

    title: str
    technical: bool = False
    purposes: set[int] = field(default_factory=set)
    bases: set[int] = field(default_factory=set)
    categories: set[int] = field(default_factory=set)
    sources: set[str] = field(default_factory=set)
    provided: bool = False
    first: Any = None
    retention: str = ""
    # Those that the page shows, and how many more there are.
    entries: list[Entry] = field(default_factory=list)
    left: int = 0
    # How many records all of them stand for: one each, or many, where they are `gathered`.
    total: int = 0
    gathered: bool = False

    def note(self, record: Record) -> None:
        """Count one more, with its reasons."""
        self.total += 1
        self.retention = vocabulary.retention(record.retention)
        self.purposes |= {value.purpose for value in record.values}
        self.bases |= {value.basis for value in record.values}
        self.categories |= {value.category for value in record.values}
        self.provided = self.provided or any(value.provided for value in record.values)
        if record.source:
            self.sources.add(source_words(record.source))
        if record.since.seconds and (self.first is None or _instant(record.since) < _instant(self.first)):
            self.first = record.since

    @property
    def brief(self) -> bool:
        """Whether every entry is one line."""
        return len(self.entries) > 1 and all(len(entry.values) <= 1 for entry in self.entries)

    @property
    def why(self) -> str:
        return names(PURPOSES, self.purposes)

    @property
    def basis(self) -> str:
        return names(BASES, self.bases)

    @property
    def origin(self) -> str:
        """From where it is; what says nothing else arose here, by what the person and we have done."""
        return ", ".join(sorted(self.sources)) or str(_("from you, or arose while we served you"))

    @property
    def actions(self) -> list[Action]:
        return actions(
            categories=self.categories, bases=self.bases, provided=self.provided, technical=self.technical
        )


@dataclass
class Part:
    """What one service holds. `answers` is False if it could not be asked."""

    title: str
    text: str
    icon: str
    answers: bool
    datasets: list[Dataset]
    # Who outside of the company gets it, by name; None if that could not be asked.
    recipients: list[str] | None = None

    @property
    def count(self) -> int:
        return sum(dataset.total for dataset in self.datasets)


def parts(held: Iterable[Held[list[Dataset]]], disclosures: Sequence[Disclosure] | None = None) -> list[Part]:
    """One part for each service, in the order asked."""
    return [
        Part(
            *holder_words(one.holder),
            one.found is not None,
            one.found or [],
            recipients=_recipients(one.holder, disclosures),
        )
        for one in held
    ]


def _recipients(holder: str, disclosures: Sequence[Disclosure] | None) -> list[str] | None:
    if disclosures is None:
        return None
    return [recipient(each) for each in disclosures if not each.holders or holder in each.holders]


def datasets(records: Iterable[Record], *, own_subject: str) -> list[Dataset]:
    """What one service holds, by kind. Of a long answer only what is shown stays in memory."""
    found: dict[str, Dataset] = {}
    reads = Reads()
    for record in records:
        dataset = found.get(record.dataset)
        if dataset is None:
            dataset = found[record.dataset] = Dataset(
                title=vocabulary.dataset(record.dataset), technical=record.dataset in vocabulary.TECHNICAL
            )
        dataset.note(record)
        if record.dataset == _READS:
            reads.add([name for _label, name in _values(record, own_subject)[:1]], record.since)
        elif len(dataset.entries) < SHOWN_RECORDS:
            dataset.entries.append(_entry(record, own_subject))
        else:
            dataset.left += 1
    if _READS in found:
        audit, gathered = found[_READS], reads.entries()
        audit.gathered, audit.entries = True, gathered[:SHOWN_RECORDS]
        audit.left = len(gathered) - len(audit.entries)
    return sorted(found.values(), key=lambda dataset: dataset.technical)


def _entry(record: Record, own_subject: str) -> Entry:
    return Entry(values=_values(record, own_subject), since=record.since, source=source_words(record.source))


def _values(record: Record, own_subject: str) -> list[tuple[str, str]]:
    return [
        (
            vocabulary.column(value.column, of=record.dataset),
            words(record.dataset, value.column, value.value, own_subject=own_subject),
        )
        for value in record.values
        if value.column not in vocabulary.DERIVED
    ]


class Reads:
    """Hundreds of reads say more as numbers: on which day, who, how often."""

    def __init__(self) -> None:
        self._count: Counter[tuple[str, str]] = Counter()
        self._latest: dict[tuple[str, str], Any] = {}

    def add(self, readers: Iterable[str], at: Any) -> None:
        """One read; an entry that names nobody says nothing."""
        for reader in readers:
            key = (day(at), reader)
            self._count[key] += 1
            self._latest[key] = max(self._latest.get(key, at), at, key=_instant)

    def entries(self) -> list[Entry]:
        """One for each day and reader, the newest first."""
        newest = sorted(self._latest.items(), key=lambda item: _instant(item[1]), reverse=True)
        return [
            Entry(values=[(key[1], _times(self._count[key]))], since=latest, source="")
            for key, latest in newest
        ]


def _times(count: int) -> str:
    return str(ngettext("%(num)s time", "%(num)s times", count))


def _instant(stamp: Any) -> tuple[int, int]:
    return stamp.seconds, stamp.nanos


@dataclass
class PlanSummary:
    """An erasure in numbers: what goes, what a law keeps."""

    going: int
    kept: int
    laws: list[str]


def summarise(plans: Iterable[Any]) -> PlanSummary:
    """Count the rows of all holders' plans."""
    items: list[PlanItem] = [item for plan in plans for item in plan.items]
    kept = [item for item in items if item.action == holder_pb2.ACTION_KEEP_RESTRICTED]
    return PlanSummary(
        going=sum(item.rows for item in items) - sum(item.rows for item in kept),
        kept=sum(item.rows for item in kept),
        laws=sorted({vocabulary.law(item.law) for item in kept if item.law}),
    )
