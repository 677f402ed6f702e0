"""The words of the documents: labels and sentences, and stored values as people read them."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

TEMPLATES = Path(__file__).parent / "templates"

# Sources that are the subject's own doing; what came from elsewhere is what Art. 15(1)(g) GDPR asks about.
FROM_SUBJECT = frozenset(
    {"portal", "form", "double-opt-in", "portal-login", "one-click", "preferences", "link"}
)
# Of a law as the English cite it.
_PARAGRAPH = re.compile(r"(?<=\d)\((\d+)\)(?:\(([a-z])\))?")


@cache
def words(language: str) -> dict[str, Any]:
    """The words of a language: labels, sentences, names of datasets and columns."""
    content: dict[str, Any] = json.loads((TEMPLATES / f"words.{language}.json").read_text(encoding="utf-8"))
    return content


def label(language: str, group: str, key: str) -> str:
    """The word for a key; one that is new here is shown as the service declares it."""
    found = words(language)[group].get(key)
    return str(found) if found else key.replace("_", " ").strip()


def column_label(language: str, dataset: str, column: str) -> str:
    """The word for a column; some names mean another thing in another dataset."""
    known = words(language)["columns"]
    return label(language, "columns", key if (key := f"{dataset}.{column}") in known else column)


def value_words(language: str, dataset: str, column: str, value: str) -> str:
    """A stored value in words: a number of the contract, a kind of fact, yes or no; else as it is."""
    known = words(language)["values"]
    table = known.get(f"{dataset}.{column}", {})
    # A fact on the timeline is stored by its full name.
    return str(table.get(value) or table.get(value.rsplit(".", 1)[-1]) or value)


def cited(law: str, language: str) -> str:
    """A law as it is cited in the language; the registers keep the English way, "Art. 46(2)(c) GDPR"."""
    if language != "de":
        return law
    return _PARAGRAPH.sub(_in_german, law).replace("GDPR", "DSGVO")


def _in_german(found: re.Match[str]) -> str:
    paragraph, letter = found.groups()
    return f" Abs. {paragraph}" + (f" Buchst. {letter}" if letter else "")


def source_key(source: str) -> str:
    """The kind of source that a record names: an import without its number, a form without its address."""
    return "form" if source.startswith(("http://", "https://")) else source.partition(":")[0]


def source_words(language: str, source: str) -> str:
    """Where a record came from; the number of an import or the address of a form says nothing to a reader."""
    return label(language, "sources", source_key(source))
