"""Deletion classes in words: start event and standard period, as the contract's values say them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from kontor.privacy.v1.holder_pb2 import DeletionRule, OverdueDataset
from kontor.privacy.v1.retention_pb2 import HolderPreview

from services.gateway.labels import HOLDERS, word
from services.gateway.requests.plans import law
from services.gateway.retention.datasets import dataset

EVENTS = {
    "answer": _l("answer"),
    "asking": _l("asking"),
    "planning": _l("planning"),
    "alert": _l("notice of unusual access"),
    "check": _l("request of the code"),
    "closing of the ticket": _l("closing of the ticket"),
    "completion": _l("completion of the request"),
    "confirmation": _l("confirmation"),
    "day": _l("day of the count"),
    "decision": _l("decision"),
    "deletion of the record": _l("deletion of the record"),
    "end of the permission": _l("end of what a sale permits"),
    "end of the last relation": _l("end of the last relation"),
    "entry": _l("entry"),
    "execution": _l("execution"),
    "first answer": _l("first answer"),
    "import": _l("import"),
    "invitation": _l("invitation"),
    "question": _l("question"),
    "last business": _l("last business"),
    "last consent to this version": _l("last consent to this version"),
    "lifting": _l("lifting"),
    "mark": _l("marking"),
    "next answer of the holder": _l("next answer of the service"),
    "objection": _l("objection to advertising"),
    "publication": _l("publication"),
    "receipt": _l("receipt"),
    "recording": _l("recording"),
    "release": _l("release of the hold"),
    "request": _l("request"),
    "run": _l("deletion run"),
    "sending": _l("sending"),
    "withdrawal or last use": _l("withdrawal or last use"),
}


@dataclass(frozen=True)
class Row:
    """One cell of the matrix: what starts which period, in which datasets of whom, and how many rows are over it."""

    event: str
    period: str
    law: str
    where: list[str]
    overdue: int


def matrix(holders: Iterable[HolderPreview]) -> list[Row]:
    """Start event × period, with the datasets that are in it."""
    found: dict[tuple[str, str, str], list[tuple[str, OverdueDataset]]] = {}
    for holder in holders:
        for entry in holder.datasets:
            for rule in entry.rules:
                key = (word(EVENTS, rule.start_event), period(rule), law(rule.law))
                found.setdefault(key, []).append((holder.holder, entry))
    return [
        Row(
            *key,
            where=sorted({f"{word(HOLDERS, who)}: {dataset(who, e.name)}" for who, e in entries}),
            overdue=_rows(entries),
        )
        for key, entries in sorted(found.items())
    ]


def period(rule: DeletionRule) -> str:
    """The standard period."""
    if rule.years:
        counted = ngettext("%(num)s year", "%(num)s years", rule.years)
    elif rule.hours:
        counted = ngettext("%(num)s hour", "%(num)s hours", rule.hours)
    else:
        counted = ngettext("%(num)s day", "%(num)s days", rule.days) if rule.days else _("at once")
    return str(_("%(period)s, to the end of the year", period=counted) if rule.to_year_end else counted)


def _rows(entries: Iterable[tuple[str, OverdueDataset]]) -> int:
    return sum(entry.rows for _who, entry in entries)
