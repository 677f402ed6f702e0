"""Passages as values: which texts name somebody else, what is marked in them, and how spans are blackened."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kontor.options.v1 import options_pb2
from kontor.privacy.v1 import holder_pb2

from kernel.errors import FailedPrecondition, InvalidArgument, NotFound
from services.privacy.requests.collecting import Held
from services.privacy.requests.model import Identifiers, Kind, Request
from services.privacy.requests.portable import provided

# Of one length, whatever is under it: how long a name is says who it may be.
BLACK = "█████"
# Why a request waits: its copy names others.
NAMES_OTHERS = "names-others"
BLACKENING = frozenset({"contact-data", "identity", "confidence", "secret"})
RELEASING = frozenset({"no-harm", "known-to-subject", "agreed"})
# What this service keeps are the person's own requests and our answers to them.
_OWN_HOLDER = "privacy"
_EMAIL = re.compile(r"[^\s<>()\[\],;:\"'@]{1,64}@[^\s<>()\[\],;:\"'@]{1,250}\.[^\s<>()\[\],;:\"'@.]{2,63}")
_PHONE = re.compile(r"(?<![\w+])(?:\+|0)\d(?:[ ()/.\-]{0,2}\d){6,14}(?!\w)")
_TAIL = 7


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


@dataclass(frozen=True, slots=True)
class Passage:
    """A text that names somebody else; `value` is the holder's own, so that it can be blackened in its place."""

    id: str
    holder: str
    dataset: str
    value: holder_pb2.Value
    marks: tuple[Span, ...]


def passages(request: Request, held: Iterable[Held], own: Identifiers) -> list[Passage]:
    """Every free text of the copy with an address or a number that is not the person's own."""
    emails = {email.casefold() for email in own.emails}
    phones = {_digits(phone)[-_TAIL:] for phone in own.phones}
    found = []
    for one in held:
        if one.holder == _OWN_HOLDER:
            continue
        for record in one.records:
            for value in record.values:
                if value.category != options_pb2.CATEGORY_FREE_TEXT:
                    continue
                if request.kind is Kind.PORTABILITY and not provided(value):
                    continue
                marks = marked(value.value, emails=emails, phones=phones)
                if marks:
                    place = (str(request.id), one.holder, record.dataset, record.record_id, value.column)
                    found.append(
                        Passage(_id(*place, value.value), one.holder, record.dataset, value, tuple(marks))
                    )
    return found


def marked(text: str, *, emails: Iterable[str] = (), phones: Iterable[str] = ()) -> list[Span]:
    """Where the text has an address or a number that is none of these."""
    spans = [Span(*m.span()) for m in _EMAIL.finditer(text) if m[0].strip(".").casefold() not in emails]
    spans += [Span(*m.span()) for m in _PHONE.finditer(text) if _digits(m[0])[-_TAIL:] not in phones]
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


def _digits(text: str) -> str:
    return "".join(c for c in text if c.isdecimal())


def _id(*place: str) -> str:
    # Lengths keep the parts apart: no text can pass for another one at another place.
    framed = "".join(f"{len(part)}:{part}" for part in place)
    return hashlib.sha256(framed.encode("utf-8", "surrogatepass")).hexdigest()
