"""What stands in the documents of processors, transfers, measures and SWOT notes."""

from __future__ import annotations

from collections.abc import Sequence

from services.privacy.registers.model import MEASURES, PROCESSORS, SWOT, TRANSFERS, Entry
from services.privacy.registers.printing import Pair, Paper, Section, word, words
from services.privacy.requests.model import Controller

# Which fields stand in which order; the head is their words.
_COLUMNS = {
    PROCESSORS: (
        "name", "role", "address", "country", "contact", "service", "parent_id", "signed_on", "starts_on", "ends_on",
        "notice_on", "certificates",
    ),
    TRANSFERS: ("recipient", "country", "mechanism", "details", "assessed_on"),
    MEASURES: ("name", "goal", "description", "reviewed_on", "review_on"),
    SWOT: ("swot_list", "text"),
}  # fmt: skip
_ENUMS = frozenset({"role", "mechanism", "goal", "swot_list"})


def register_paper(
    register: str, entries: Sequence[Entry], language: str, *, controller: Sequence[tuple[str, str]]
) -> Paper:
    """A whole register. In the PDF each entry of the processors is a section of its own: a row would be too wide."""
    text, names = (
        words(language),
        {str(e.version.entry_id): e.version.content.get("name", "") for e in entries},
    )
    columns = _COLUMNS[register]
    head = [word(language, "fields", name) for name in columns]
    rows = [[_cell(e, name, language, names) for name in columns] for e in entries]
    alerts = [", ".join(word(language, "alerts", a) for a in e.alerts) for e in entries]
    title = text["registers"][register]
    if register == PROCESSORS:
        sections = [
            Section(
                row[0],
                pairs=[p for p in zip(head[1:], row[1:], strict=True) if p[1]] + _noted(language, noted),
            )
            for row, noted in zip(rows, alerts, strict=True)
        ]
    else:
        sections = [Section(title, header=head, rows=rows)] if rows else []
    return Paper(
        name=text["files"][register],
        title=title,
        intro=text["intros"][register] if entries else text["nothing"],
        facts=controller,
        sections=sections,
    )


def about(controller: Controller, language: str) -> list[Pair]:
    """Who is responsible, and whom to ask (Art. 30(1)(a) GDPR)."""
    text = words(language)
    officer = ", ".join(part for part in (controller.dpo_name, controller.dpo_email) if part)
    found = [
        (text["controller"], controller.name),
        (text["address"], controller.address),
        (text["email"], controller.email),
        (text["phone"], controller.phone),
        (text["dpo"], officer),
    ]
    return [pair for pair in found if pair[1]]


def _noted(language: str, noted: str) -> list[tuple[str, str]]:
    return [(word(language, "fields", "alerts"), noted)] if noted else []


def _cell(entry: Entry, name: str, language: str, names: dict[str, str]) -> str:
    value = str(entry.version.content.get(name, ""))
    if name == "parent_id":
        return names.get(value, "")
    return word(language, "values", value) if name in _ENUMS and value else value
