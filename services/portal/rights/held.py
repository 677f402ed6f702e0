"""Turns what the services hold into groups that a person can read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from flask_babel import ngettext
from kontor.privacy.v1 import holder_pb2
from kontor.privacy.v1.holder_pb2 import PlanItem, Record

from kernel.web.i18n import day
from services.portal.clients import Held
from services.portal.rights import vocabulary
from services.portal.rights.values import words
from services.portal.rights.words import BASES, PURPOSES, holder_words, names, source_words

# More than this of one kind is listed in the copy of the data, not on the page.
SHOWN_RECORDS = 10


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
    retention: str = ""
    entries: list[Entry] = field(default_factory=list)
    # How many records the entries stand for, where they are gathered.
    count: int = 0

    @property
    def total(self) -> int:
        return self.count or len(self.entries)

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
    def shown(self) -> list[Entry]:
        return self.entries[:SHOWN_RECORDS]


@dataclass
class Part:
    """What one service holds. `answers` is False if it could not be asked."""

    title: str
    text: str
    icon: str
    answers: bool
    datasets: list[Dataset]

    @property
    def count(self) -> int:
        return sum(dataset.total for dataset in self.datasets)


def parts(held: Iterable[Held], *, own_subject: str) -> list[Part]:
    """One part for each service, in the order asked."""
    made = []
    for one in held:
        title, text, icon = holder_words(one.holder)
        datasets = _datasets(one.records or [], own_subject)
        made.append(Part(title, text, icon, one.records is not None, datasets))
    return made


def _datasets(records: Iterable[Record], own_subject: str) -> list[Dataset]:
    found: dict[str, Dataset] = {}
    for record in records:
        dataset = found.get(record.dataset)
        if dataset is None:
            dataset = found[record.dataset] = Dataset(
                title=vocabulary.dataset(record.dataset), technical=record.dataset in vocabulary.TECHNICAL
            )
        dataset.retention = vocabulary.retention(record.retention)
        dataset.purposes |= {value.purpose for value in record.values}
        dataset.bases |= {value.basis for value in record.values}
        dataset.entries.append(
            Entry(values=_values(record, own_subject), since=record.since, source=source_words(record.source))
        )
    if "audit_entry" in found:
        audit = found["audit_entry"]
        audit.count, audit.entries = len(audit.entries), _gathered(audit.entries)
    return sorted(found.values(), key=lambda dataset: dataset.technical)


def _values(record: Record, own_subject: str) -> list[tuple[str, str]]:
    return [
        (
            vocabulary.column(value.column, of=record.dataset),
            words(record.dataset, value.column, value.value, own_subject=own_subject),
        )
        for value in record.values
        if value.column not in vocabulary.DERIVED
    ]


def _gathered(entries: list[Entry]) -> list[Entry]:
    """Hundreds of reads say more as numbers: on which day, who, how often; the newest day first."""
    by_day: dict[tuple[str, str], list[Entry]] = {}
    for entry in entries:
        for _label, name in entry.values[:1]:
            by_day.setdefault((day(entry.since), name), []).append(entry)
    gathered = [
        Entry(
            values=[(name, ngettext("%(num)s time", "%(num)s times", len(found)))],
            since=_latest(found),
            source="",
        )
        for (_day, name), found in by_day.items()
    ]
    return sorted(gathered, key=lambda entry: (entry.since.seconds, entry.since.nanos), reverse=True)


def _latest(entries: list[Entry]) -> Any:
    return max((entry.since for entry in entries), key=lambda stamp: (stamp.seconds, stamp.nanos))


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
