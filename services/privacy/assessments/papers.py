"""An assessment as a document (Art. 35(7) GDPR), with its risks drawn on severity and likelihood."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from services.privacy.assessments.model import (
    Assessment,
    cells,
    greatest,
    level,
    required,
    risks,
    suggested,
)
from services.privacy.registers.model import Content
from services.privacy.registers.papers import about
from services.privacy.registers.printing import Cell, Pair, Paper, Section, word, words
from services.privacy.requests.model import Controller

_SCALE = (1, 2, 3, 4)


def assessments_paper(found: Sequence[Assessment], controller: Controller, language: str) -> Paper:
    """The register: one row an assessment."""
    own = words(language)["assessment"]
    head = [own[name] for name in ("name", "threshold", "before", "after", "decision", "review_on")]
    rows = [_row(each.version.content, language) for each in found]
    sections = [Section(own["title"], header=head, rows=rows)] if rows else []
    intro = own["intro"] if found else words(language)["nothing"]
    file_name = words(language)["files"]["assessment"]
    return Paper(file_name, own["title"], intro, about(controller, language), sections)


def assessment_paper(
    found: Assessment, measures: Mapping[str, str], controller: Controller, language: str
) -> Paper:
    """All that Art. 35(7) wants in one."""
    own, content = words(language)["assessment"], found.version.content
    facts = [
        *about(controller, language),
        (words(language)["version"], f"{found.version.version} · {found.version.changed_at:%Y-%m-%d}"),
    ]
    sections = [
        Section(own["processing"], pairs=_given([(own["activities"], _list(content, "activities"))]),
                text=[content["description"]]),
        Section(own["threshold"], pairs=_threshold(content, language)),
        *_texts(content, language),
        *_risk_sections(content, measures, language),
        Section(own["opinion"], pairs=_opinion(content, language)),
        Section(own["decision"], pairs=_decision(content, language)),
    ]  # fmt: skip
    name = words(language)["files"]["assessment"]
    return Paper(name, f"{own['one']}: {content['title']}", own["intro"], facts, sections)


def _row(content: Content, language: str) -> list[str]:
    return [
        str(content["title"]),
        _needed(content, language),
        *(word(language, "levels", greatest(content, after=after).name) for after in (False, True)),
        word(language, "values", content.get("decision", "–")),
        str(content.get("review_on") or "–"),
    ]


def _threshold(content: Content, language: str) -> list[Pair]:
    own = words(language)["assessment"]
    named = [word(language, "values", name) for name in content.get("criteria", [])]
    return _given(
        [
            (own["criteria"], "; ".join(named) or "–"),
            (own["listed"], own["yes"] if content.get("listed") else own["no"]),
            (own["result"], _needed(content, language)),
            (own["waiver_reason"], content.get("waiver_reason", "")),
        ]
    )


def _needed(content: Content, language: str) -> str:
    own = words(language)["assessment"]
    if required(content):
        return str(own["required"])
    return str(own["waived"] if suggested(content) else own["not_required"])


def _texts(content: Content, language: str) -> list[Section]:
    own, names = words(language)["assessment"], ("necessity", "proportionality", "views")
    return [Section(own[name], text=[content[name]]) for name in names if content.get(name)]


def _risk_sections(content: Content, measures: Mapping[str, str], language: str) -> list[Section]:
    own = words(language)["assessment"]
    if not risks(content):
        return [Section(own["risks"], text=[own["no_risks"]])]
    head = ["#", *(own[name] for name in ("risk", "before", "after", "measures"))]
    rows = [
        [
            str(number),
            risk["text"],
            _product(risk["severity"], risk["likelihood"], language),
            _product(risk["severity_after"], risk["likelihood_after"], language),
            "; ".join(measures[m] for m in risk.get("measure_ids", []) if m in measures) or "–",
        ]
        for number, risk in enumerate(risks(content), start=1)
    ]
    return [
        Section(own["risks"], text=[own["scale"]], header=head, rows=rows),
        Section(own["matrix_before"], picture=_picture(content, after=False), axes=own["axes"]),
        Section(own["matrix_after"], picture=_picture(content, after=True), axes=own["axes"]),
    ]


def _picture(content: Content, *, after: bool) -> list[list[Cell]]:
    """Rows from the greatest severity down; the table of risks says the same in words."""
    found = cells(content, after=after)
    return [
        [
            (", ".join(map(str, found.get((severity, likelihood), []))), level(severity, likelihood).name)
            for likelihood in _SCALE
        ]
        for severity in reversed(_SCALE)
    ]


def _product(severity: int, likelihood: int, language: str) -> str:
    named = word(language, "levels", level(severity, likelihood).name)
    return f"{severity} × {likelihood} = {severity * likelihood} ({named})"


def _opinion(content: Content, language: str) -> list[Pair]:
    own, opinion = words(language)["assessment"], content.get("opinion")
    if not opinion:
        return [(own["opinion"], own["none_given"])]
    return _given(
        [
            (own["verdict"], word(language, "values", opinion["verdict"])),
            (own["text"], opinion["text"]),
            (own["given"], f"{opinion['give_time'][:10]} · {own['about']} {opinion['about_version']}"),
            (own["note"], own["outdated"] if opinion.get("outdated") else ""),
        ]
    )


def _decision(content: Content, language: str) -> list[Pair]:
    own = words(language)["assessment"]
    return _given(
        [
            (own["decision"], word(language, "values", content.get("decision", "–"))),
            (own["reason"], content.get("decision_reason", "")),
            (own["consulted_on"], content.get("consulted_on", "")),
            (own["review_on"], content.get("review_on", "")),
        ]
    )


def _list(content: Content, name: str) -> str:
    return ", ".join(content.get(name, []))


def _given(pairs: Sequence[Pair]) -> list[Pair]:
    return [pair for pair in pairs if pair[1]]
