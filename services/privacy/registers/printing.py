"""Registers as documents: the same sections as PDF for people and as CSV for spreadsheets."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from kernel.spreadsheet import BOM, line
from services.privacy.requests import pdf
from services.privacy.requests.model import Controller

PDF, CSV, TEXT = 1, 2, 3
MEDIA = {
    PDF: ("pdf", "application/pdf"),
    CSV: ("csv", "text/csv; charset=utf-8"),
    TEXT: ("txt", "text/plain; charset=utf-8"),
}
Pair = tuple[str, str]
# What stands in it, and how great the risk there is: "LOW", "MEDIUM" or "HIGH".
Cell = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Section:
    """One part of a document; empty parts are left out."""

    heading: str
    pairs: Sequence[Pair] = ()
    text: Sequence[str] = ()
    header: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()
    # A matrix of severity (down) and likelihood (across). Only the PDF draws it: rows say the same in words.
    picture: Sequence[Sequence[Cell]] = ()
    axes: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Paper:
    """A document without a form."""

    name: str
    title: str
    intro: str = ""
    facts: Sequence[Pair] = ()
    sections: Sequence[Section] = field(default=())


@dataclass(frozen=True, slots=True)
class File:
    """A document as bytes."""

    file_name: str
    media_type: str
    content: bytes


@cache
def words(language: str) -> dict[str, Any]:
    """The words of the registers' documents."""
    path = Path(__file__).parent / f"words.{language}.json"
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def word(language: str, group: str, key: str) -> str:
    """The word for a key; a new one stands as it is."""
    return str(words(language)[group].get(key, key))


def written(paper: Paper, *, form: int, controller: Controller, language: str, now: datetime) -> File:
    """The document in one form. A PDF takes CPU time: use a thread. Errors: DocumentFailed."""
    ending, media_type = MEDIA[form]
    made = {PDF: lambda: _pdf(paper, controller, language, now), CSV: lambda: _csv(paper)}
    content = made.get(form, lambda: _text(paper))()
    return File(f"{paper.name}-{now:%Y-%m-%d}.{ending}", media_type, content)


def _pdf(paper: Paper, controller: Controller, language: str, now: datetime) -> bytes:
    content = {
        "title": paper.title,
        "intro": paper.intro,
        "facts": paper.facts,
        "sections": [asdict(section) for section in paper.sections],
        "controller": asdict(controller),
        "replaced_note": words(language)["replaced"],
    }
    return pdf.render("register", content, language=language, now=now)


def _text(paper: Paper) -> bytes:
    """To paste into a mail or an authority's form."""
    lines = [paper.title, "", paper.intro, "", *(f"{name}: {value}" for name, value in paper.facts)]
    for section in paper.sections:
        lines += ["", section.heading, *(f"{name}: {value}" for name, value in section.pairs), *section.text]
        lines += [" · ".join(row) for row in section.rows]
    return "\n".join(lines).encode() + b"\n"


def _csv(paper: Paper) -> bytes:
    """One table if all sections have the same head; what stands above and between is a line of its own."""
    lines = [[paper.title], *([name, value] for name, value in paper.facts)]
    head: Sequence[str] = ()
    for section in paper.sections:
        lines += [[section.heading, name, value] for name, value in section.pairs]
        lines += [[section.heading, text] for text in section.text]
        if section.rows and section.header != head:
            head = section.header
            lines.append(["", *head])
        lines += [[section.heading, *row] for row in section.rows]
    return (BOM + "".join(line(cells) for cells in lines)).encode()
