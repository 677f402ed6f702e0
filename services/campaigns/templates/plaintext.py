"""The text part of a mail, derived from its HTML: paragraphs, list items, and links with their addresses."""

from __future__ import annotations

import re
from html.parser import HTMLParser

_BLOCKS = frozenset(
    [
        "address",
        "article",
        "blockquote",
        "div",
        "dl",
        "dt",
        "dd",
        "figure",
        "footer",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "li",
        "main",
        "nav",
        "ol",
        "p",
        "pre",
        "section",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
        "ul",
    ]
)
_PARAGRAPHS = frozenset(("p", "h1", "h2", "h3", "h4", "h5", "h6", "table", "ul", "ol", "blockquote"))
_SILENT = frozenset(("head", "script", "style", "title", "noscript", "template"))
_VOID = frozenset(("area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"))
_HIDDEN = re.compile(r"display\s*:\s*none", re.I)


def to_text(html: str) -> str:
    """Readable text of a mail; placeholders in text and in links stay where they are."""
    parser = _Reader()
    parser.feed(html)
    parser.close()
    lines = [" ".join(line.split()) for line in "".join(parser.parts).split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip() + "\n"


class _Reader(HTMLParser):
    """Collects the words. Comments fall away, and with them the markup meant for Outlook only."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._silent_depth = 0
        self._links: list[tuple[str, int]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if self._silent_depth or tag in _SILENT or _HIDDEN.search(given.get("style", "")):
            if tag not in _VOID:
                self._silent_depth += 1
            return
        if tag == "br":
            self.parts.append("\n")
        elif tag == "img" and given.get("alt"):
            self.parts.append(given["alt"])
        elif tag == "a":
            self._links.append((given.get("href", ""), len(self.parts)))
        self._break(tag)
        if tag == "li":
            self.parts.append("- ")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._silent_depth:
            self._silent_depth -= tag not in _VOID
            return
        if tag == "a" and self._links:
            target, start = self._links.pop()
            shown = "".join(self.parts[start:]).strip()
            if target and not target.startswith("#") and target != shown:
                self.parts.append(f" ({target})" if shown else target)
        if tag != "li":
            self._break(tag)

    def handle_data(self, data: str) -> None:
        if not self._silent_depth:
            self.parts.append(re.sub(r"\s+", " ", data))

    def _break(self, tag: str) -> None:
        if tag in _PARAGRAPHS:
            self.parts.append("\n\n")
        elif tag in _BLOCKS:
            self.parts.append("\n")
