"""Documents as PDF, set by Typst. What people typed goes in as data and can never become markup."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import typst

_FOLDER = Path(__file__).parent / "templates"


def render(template: str, content: Mapping[str, Any], *, language: str, now: datetime) -> bytes:
    """The PDF (tagged, PDF/A-2b) of `templates/<template>.typ` over the content. Takes CPU time: use a thread."""
    data = json.dumps({"words": words(language), **content}, ensure_ascii=False)
    compiled = typst.compile(
        str(_FOLDER / f"{template}.typ"),
        root=str(_FOLDER),
        format="pdf",
        sys_inputs={"data": data, "language": language},
        ignore_system_fonts=True,
        pdf_standards=["a-2b"],
        timestamp=int(now.timestamp()),
    )
    assert isinstance(compiled, bytes)
    return compiled


@cache
def words(language: str) -> dict[str, Any]:
    """The words of a language: labels, sentences, names of datasets and columns."""
    content: dict[str, Any] = json.loads((_FOLDER / f"words.{language}.json").read_text(encoding="utf-8"))
    return content


def label(language: str, group: str, key: str) -> str:
    """The word for a key; one that is new here is shown as the service declares it."""
    found = words(language)[group].get(key)
    return str(found) if found else key.replace("_", " ").strip()
