"""Passages as values: which texts name somebody else, what is marked in them, and how spans are blackened."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kernel.errors import FailedPrecondition, InvalidArgument, NotFound

# Of one length, whatever is under it: how long a name is says who it may be.
BLACK = "█████"
# Why a request waits: its copy names others.
NAMES_OTHERS = "names-others"
BLACKENING = frozenset({"contact-data", "identity", "confidence", "secret"})
RELEASING = frozenset({"no-harm", "known-to-subject", "agreed"})
_EMAIL = re.compile(r"[^\s<>()\[\],;:\"'@]{1,64}@[^\s<>()\[\],;:\"'@]{1,250}\.[^\s<>()\[\],;:\"'@.]{2,63}")
_PHONE = re.compile(r"(?<![\w+])(?:\+|0)\d(?:[ ()/.\-]{0,2}\d){6,14}(?!\w)")
# As many last digits tell numbers apart, however the beginning is written.
TAIL = 7


class PassageNotFound(NotFound):
    """The text has changed or gone since it was shown, or never was part of this copy."""


class PassageDecided(FailedPrecondition):
    """Somebody else has decided otherwise about this text."""


class NoCopy(FailedPrecondition):
    """No copy is being made for this request."""


class NotOfThisText(InvalidArgument):
    """A span that the text does not have, or a reason that is not on the list."""


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Part of a text in code points; `end` does not belong to it."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Decision:
    """What was said about one passage. Without spans it is released."""

    passage_id: str
    spans: tuple[Span, ...]
    reason: str

    def valid_for(self, text: str) -> bool:
        """Whether the text has these spans, and the reason fits to them."""
        inside = all(0 <= span.start < span.end <= len(text) for span in self.spans)
        return inside and self.reason in (BLACKENING if self.spans else RELEASING)


def marked(text: str, *, emails: Iterable[str] = (), phones: Iterable[str] = ()) -> list[Span]:
    """Where the text has an address or a number that is none of these."""
    spans = [Span(*m.span()) for m in _EMAIL.finditer(text) if m[0].strip(".").casefold() not in emails]
    spans += [Span(*m.span()) for m in _PHONE.finditer(text) if digits(m[0])[-TAIL:] not in phones]
    return joined(spans)


def joined(spans: Iterable[Span]) -> list[Span]:
    """In order, with those that touch or overlap as one."""
    result: list[Span] = []
    for span in sorted(spans):
        if result and span.start <= result[-1].end:
            result[-1] = Span(result[-1].start, max(result[-1].end, span.end))
        else:
            result.append(span)
    return result


def blackened(text: str, spans: Sequence[Span]) -> str:
    """The text without what is in the spans."""
    at, parts = 0, []
    for span in joined(spans):
        parts += [text[at : span.start], BLACK]
        at = span.end
    return "".join([*parts, text[at:]])


def digits(text: str) -> str:
    """Of a phone number, however it is grouped."""
    return "".join(c for c in text if c.isdecimal())
