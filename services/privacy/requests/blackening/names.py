"""Names in a text: a family name that the company knows, with a given name or a salutation beside it.

The words are asked about twice: first which of them a family name begins with, then what stands around these few.
So no list of names travels, and a text of a million words is a set look-up.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Sequence
from typing import NamedTuple

from services.privacy.requests.blackening.model import Span

# Letters with what may stand between and above them: accents of their own, hyphens, apostrophes, soft hyphens.
_WORD = re.compile(
    r"[^\W\d_](?:[^\W\d_]|[\u0300-\u036f\u00ad\u200b-\u200d]|['\u2019\-\u2010\u2011](?=[^\W\d_]))*"
)
# They say where a word may break, and break no name.
_UNSEEN = re.compile(r"[\u00ad\u200b-\u200d]")
# Between two words of one name; a comma only where the family name comes first.
_GAP = re.compile(r"[\s._]{1,3}")
_COMMA = re.compile(r"\s?,\s{0,3}")
_GENITIVE = re.compile(r"(?:['\u2019]s|s)$")
# Words of a family name ("von der Heide"), and how far before it the given name may stand ("Anna und Bernd Müller").
_LONGEST, _BEFORE = 3, 3
# What is longer is no name, and the service next door would refuse to look for it.
_MOST_CHARACTERS = 60
_SALUTATIONS = frozenset(
    {
        "frau",
        "fr",
        "herr",
        "herrn",
        "hr",
        "fräulein",
        "frl",
        "familie",
        "fam",
        "eheleute",
        "ehepaar",
        "dr",
        "prof",
    }
    | {"nachbar", "nachbarin", "nachbarn", "kollege", "kollegin", "kollegen", "baron", "graf", "gräfin"}
    | {"mr", "mrs", "ms", "miss", "mx", "mister", "madam", "sir", "family"}
)
# Between a salutation and the name.
_TITLES = frozenset({"dipl", "ing", "med", "jur", "phil", "rer", "nat", "mag", "freifrau", "freiherr"})


class Name(NamedTuple):
    """As it stands in a text; `given` is empty where only a salutation stands beside it."""

    family: str
    given: str = ""


class _Word(NamedTuple):
    text: str
    start: int
    end: int


class Words:
    """The words of one text, and the names that they may be."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._words = [
            _Word(_UNSEEN.sub("", match[0]), *match.span())
            for match in _WORD.finditer(text)
            if len(match[0]) <= _MOST_CHARACTERS
        ]

    def each(self) -> set[str]:
        """Every word, with and without the ending of a genitive."""
        return {form for word in {w.text for w in self._words} for form in _forms(word)}

    def candidates(self, beginnings: Container[str]) -> Iterator[tuple[Name, Span]]:
        """What may be a name: one of these words, and what stands before and after it."""
        for at, word in enumerate(self._words):
            if any(form in beginnings for form in _forms(word.text)):
                for last in range(at, min(at + _LONGEST, len(self._words))):
                    if last > at and not self._joined(last - 1, _GAP):
                        break
                    yield from self._around(at, last)

    def _around(self, first: int, last: int) -> Iterator[tuple[Name, Span]]:
        words = self._words
        family = " ".join(word.text for word in words[first:last])
        forms = [f"{family} {form}".strip() for form in _forms(words[last].text)]
        for before in range(first - 1, max(first - 1 - _BEFORE, -1), -1):
            if not self._goes_on(before, first):
                break
            if _written_alike(words[before], words[last]):
                span = Span(words[before].start, words[last].end)
                yield from ((Name(form, words[before].text), span) for form in forms)
        if self._is_addressed(first) and _written_alike(words[first - 1], words[last]):
            span = Span(words[first].start, words[last].end)
            yield from ((Name(form), span) for form in forms)
        after = last + 1
        if after < len(words) and (self._joined(last, _GAP) or self._joined(last, _COMMA)):
            span = Span(words[first].start, words[after].end)
            yield from (
                (Name(family, given), span) for family in forms for given in _forms(words[after].text)
            )

    def _is_addressed(self, first: int) -> bool:
        """Whether a salutation stands before it, titles and initials between."""
        at = first - 1
        while at >= 0 and self._joined(at, _GAP):
            word = self._words[at].text.casefold()
            # An initial stands for a given name; who else is called so is the officer's to see.
            if word in _SALUTATIONS or self._is_initial(at):
                return True
            if word not in _TITLES:
                return False
            at -= 1
        return False

    def _is_initial(self, at: int) -> bool:
        word = self._words[at]
        return len(word.text) == 1 and word.text.isupper() and self._text[word.end : word.end + 1] == "."

    def _joined(self, at: int, gap: re.Pattern[str]) -> bool:
        between = self._text[self._words[at].end : self._words[at + 1].start]
        return gap.fullmatch(between) is not None

    def _goes_on(self, before: int, first: int) -> bool:
        between = self._text[self._words[before].end : self._words[before + 1].start]
        # "Anna & Bernd Müller", but not the last word of the line above the next paragraph.
        return len(between) <= 3 and (before + 1 == first or "\n" not in between)


def names_in(texts: Sequence[Words], beginnings: Container[str]) -> set[Name]:
    """Every candidate of all texts, once."""
    return {name for words in texts for name, _ in words.candidates(beginnings)}


def spans_of(words: Words, beginnings: Container[str], others: Container[Name]) -> list[Span]:
    """Where names stand that are somebody else's."""
    return [span for name, span in words.candidates(beginnings) if name in others]


def _forms(word: str) -> Iterable[str]:
    bare = _GENITIVE.sub("", word)
    return (word, bare) if bare != word and len(bare) > 1 else (word,)


def _written_alike(first: _Word, family: _Word) -> bool:
    # "Frau lange warten lassen" is no Frau Lange, but who writes "frau lange" writes everything so.
    return family.text[0].isupper() or not first.text[0].isupper()
