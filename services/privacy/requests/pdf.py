"""Documents as PDF, set by Typst. What people typed goes in as data and can never become markup."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import typst

from services.privacy.requests.glyphs import MARK, printable_content
from services.privacy.requests.model import DocumentFailed
from services.privacy.requests.wording import TEMPLATES, words


def render(
    template: str,
    content: Mapping[str, Any],
    *,
    language: str,
    now: datetime,
    attachment: tuple[str, str] | None = None,
) -> bytes:
    """The PDF (tagged, PDF/A-2b) of `templates/<template>.typ` over the content. Takes CPU time: use a thread.

    PDF/A forbids a character without a glyph, so what no font shows is replaced, and the document says so. An
    attachment, by its name, stays as it is, and makes it PDF/A-3b. Errors: DocumentFailed.
    """
    shown = printable_content(content)
    replaced = MARK in json.dumps(shown, ensure_ascii=False)
    data = {"words": words(language), **shown, "replaced": replaced}
    attached = {"attachment-name": attachment[0], "attachment": attachment[1]} if attachment else {}
    try:
        compiled = typst.compile(
            str(TEMPLATES / f"{template}.typ"),
            root=str(TEMPLATES),
            format="pdf",
            sys_inputs={"data": json.dumps(data, ensure_ascii=False), "language": language, **attached},
            ignore_system_fonts=True,
            pdf_standards=["a-3b" if attachment else "a-2b"],
            timestamp=int(now.timestamp()),
        )
    except typst.TypstError:
        # Not chained: Typst quotes what it could not set, and that is somebody's data.
        raise DocumentFailed from None
    assert isinstance(compiled, bytes)
    return compiled
