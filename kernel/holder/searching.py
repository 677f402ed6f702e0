"""Finding identifiers inside texts: as a whole, in any spelling of case, in any kind of column.

A search goes two ways at once. `written` is everything written in a row, and an index of its trigrams finds the few
rows in which an identifier may stand (`kernel.holder.indexes`); `occurs_in` looks at one column of those exactly. So a
search takes as long among a million rows as among a thousand, and without the index it only takes longer.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import (
    ARRAY,
    Boolean,
    Column,
    ColumnElement,
    LargeBinary,
    String,
    Table,
    Text,
    and_,
    any_,
    cast,
    func,
    literal,
    literal_column,
    not_,
    true,
)
from sqlalchemy.dialects.postgresql import JSONB

from kernel.personal import dataset_of, personal_columns

# Every e-mail address has the one, every number as we write it (E.164) the other.
_MARK = "[@+]"
_NEVER = "(?!)"
# Digits at the end of a number that are shared by few, and letters before an @ that have trigrams to look up.
_TELLING, _SHORTEST = 7, 4


@dataclass(frozen=True)
class Needles:
    """Identifiers to look for, lower case. Statements over other needles are the same statements."""

    words: tuple[str, ...]

    @cached_property
    def patterns(self) -> ColumnElement[list[str]]:
        """For LIKE, over text and over the escaped form of bytes."""
        return _patterns(self.words)

    @cached_property
    def clues(self) -> ColumnElement[list[str]]:
        """The same for that part of each needle which it shares with few others: what the index is asked for.

        Half the world has an address at one of five providers, and a number in one of five cities.
        """
        return _patterns([_clue(word) for word in self.words])

    @cached_property
    def expression(self) -> ColumnElement[str]:
        """One regular expression for any of them as a whole."""
        return literal("|".join(f"(?:{_as_a_whole(word)})" for word in self.words) or _NEVER, Text)

    @property
    def marked(self) -> bool:
        """Whether a row without `@` and `+` cannot hold any of them."""
        return all(re.search(_MARK, word) for word in self.words)


def searched(table: Table) -> list[Column[Any]]:
    """The personal columns in which something can be written; a number or a date holds no address."""
    return [
        column
        for column, _ in personal_columns(table)
        if isinstance(column.type, String | JSONB | LargeBinary)
    ]


def written(table: Table) -> ColumnElement[str] | None:
    """Everything written in a row, lower case, as its index holds it; None if nothing can be."""
    parts = [func.coalesce(_as_text(column), literal_column("''")) for column in searched(table)]
    if not parts:
        return None
    whole: ColumnElement[str] = parts[0]
    for part in parts[1:]:
        whole = whole.op("||")(literal_column("E'\\n'")).op("||")(part)
    return func.lower(whole)


def narrowing(table: Table, needles: Needles | None = None) -> list[ColumnElement[bool]]:
    """The conditions that narrow a table's index to rows in which a needle can stand; without needles, any address.

    Rows that the declaration calls wordless are in no index. Where nobody is looked for by name, only rows with
    `@` or `+` are: of a table that notes codes all day long next to nothing is indexed, and writing to it costs next
    to nothing more.
    """
    whole, declared = written(table), dataset_of(table)
    found: list[ColumnElement[bool]] = []
    if declared.wordless:
        found.append(not_(literal_column(f"({declared.wordless})", Boolean)))
    if whole is not None and not declared.mentions and (needles is None or needles.marked):
        # As a question of true or false: a bare comparison would be looked up in the index that it only narrows.
        marked = whole.op("~", is_comparison=True)(literal_column(f"'{_MARK}'"))
        found.append(marked.is_(true()))
    return found


def may_hold(table: Table, needles: Needles) -> ColumnElement[bool]:
    """The condition that the index answers: rows in which one of the needles stands somewhere."""
    whole = written(table)
    if whole is None:
        raise TypeError(f"nothing can be written in {table.name}")
    return and_(*narrowing(table, needles), whole.like(any_(needles.clues)))


def occurs_in(column: Column[Any], needles: Needles) -> ColumnElement[bool]:
    """The condition that any of the needles occurs in the column. Errors: TypeError if it holds no text."""
    if isinstance(column.type, LargeBinary):
        # Content need not be valid text in any encoding: compared byte by byte after lower-casing ASCII.
        return func.lower(_as_text(column)).like(any_(needles.patterns))
    text = func.lower(_as_text(column))
    # The plain search comes first: it is cheap, and it leaves few rows to the expression.
    return and_(text.like(any_(needles.patterns)), text.regexp_match(needles.expression))


def without(column: Column[Any], needles: Needles, replacement: str) -> ColumnElement[str]:
    """The column's text with each of the needles replaced wherever it stands as a whole."""
    return func.regexp_replace(column, needles.expression, replacement, "gi")


def _as_text(column: Column[Any]) -> ColumnElement[str]:
    if isinstance(column.type, LargeBinary):
        return func.encode(column, literal_column("'escape'"))
    if isinstance(column.type, JSONB):
        return cast(column, Text)
    if isinstance(column.type, String):
        return column
    raise TypeError(f"{column} holds no text")


def _patterns(words: Sequence[str]) -> ColumnElement[list[str]]:
    spellings = dict.fromkeys((*words, *map(_escaped, words)))
    return literal([f"%{_for_like(each)}%" for each in spellings], ARRAY(Text))


def _clue(word: str) -> str:
    local, at, _ = word.partition("@")
    if at and len(local) >= _SHORTEST:
        return local + at
    return word[-_TELLING:] if word.startswith("+") else word


def _for_like(needle: str) -> str:
    return re.sub(r"([\\%_])", r"\\\1", needle)


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
