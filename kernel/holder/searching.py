"""Finding identifiers inside texts: as a whole, in any spelling of case, in any kind of column."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Column, ColumnElement, LargeBinary, Text, and_, cast, func, or_


def occurs_in(column: Column[Any], needles: Sequence[str]) -> ColumnElement[bool] | None:
    """The condition that any of the needles (lower case) occurs in the column; None if there are none."""
    if not needles:
        return None
    if isinstance(column.type, LargeBinary):
        # Compared byte by byte after lower-casing ASCII: content need not be valid text in any encoding.
        folded = func.encode(column, "escape")
        return or_(*(func.strpos(func.lower(folded), _escaped(needle)) > 0 for needle in needles))
    text = func.lower(cast(column, Text))
    # The plain search comes first: it is cheap, and it leaves few rows to the expression.
    return or_(
        *(and_(func.strpos(text, needle) > 0, text.regexp_match(_as_a_whole(needle))) for needle in needles)
    )


def without(column: Column[Any], words: Sequence[str], replacement: str) -> ColumnElement[str]:
    """The column's text with each of the words (lower case) replaced wherever it stands as a whole."""
    text: ColumnElement[str] = column
    for word in words:
        text = func.regexp_replace(text, _as_a_whole(word), replacement, "gi")
    return text


def _as_a_whole(needle: str) -> str:
    r"""A regular expression for the needle as a whole: `hanna@b.example` is not `anna@b.example`.

    Beside an address, a dot, dash or plus makes a longer one if a letter or digit stands on its other side.
    """
    literal = "".join(c if c.isalnum() else f"\\{c}" for c in needle)
    if "@" not in needle:
        return rf"(?<![[:alnum:]]){literal}(?![[:alnum:]])"
    return rf"(?<![[:alnum:]_][._%+-]?){literal}(?![[:alnum:]_]|[.-][[:alnum:]])"


def _escaped(needle: str) -> str:
    r"""The needle as PostgreSQL's escape encoding shows it: non-ASCII bytes as \\nnn, backslashes doubled."""
    return "".join(
        chr(byte) if 0 < byte < 0x80 and byte != 0x5C else "\\\\" if byte == 0x5C else f"\\{byte:03o}"
        for byte in needle.encode()
    )
