"""What became of a text, word by word."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import NamedTuple

# Words, and what stands between them: put together again they are the text.
_PIECES = re.compile(r"\s+|[^\s]+")
# Comparing takes time by the square of the words; texts have 5,000 characters at most.
_MOST_PIECES = 4_000


class Piece(NamedTuple):
    """A stretch of text: "same", "old" (it is gone) or "new"."""

    kind: str
    text: str


def differences(before: str, after: str) -> list[Piece]:
    """How the one text became the other; the pieces that are not old are the text now."""
    old, new = _PIECES.findall(before), _PIECES.findall(after)
    if len(old) + len(new) > _MOST_PIECES:
        return [piece for piece in (Piece("old", before), Piece("new", after)) if piece.text]
    return list(_compared(old, new))


def _compared(old: list[str], new: list[str]) -> Iterator[Piece]:
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    for kind, old_from, old_to, new_from, new_to in matcher.get_opcodes():
        if kind == "equal":
            yield Piece("same", "".join(new[new_from:new_to]))
            continue
        if old_from < old_to:
            yield Piece("old", "".join(old[old_from:old_to]))
        if new_from < new_to:
            yield Piece("new", "".join(new[new_from:new_to]))
