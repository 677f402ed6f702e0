"""Which texts of a copy name somebody else."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from kontor.options.v1 import options_pb2
from kontor.privacy.v1 import holder_pb2

from services.privacy.requests.blackening.model import TAIL, Span, digits, joined, marked
from services.privacy.requests.collecting import Held
from services.privacy.requests.model import Identifiers, Kind, Request
from services.privacy.requests.portable import provided

# What this service keeps are the person's own requests and our answers to them.
_OWN_HOLDER = "privacy"


@dataclass(frozen=True, slots=True)
class FreeText:
    """A free text of the copy; `value` is the holder's own, so that it can be blackened in its place."""

    id: str
    holder: str
    dataset: str
    value: holder_pb2.Value

    @property
    def text(self) -> str:
        """As the holder has it."""
        return self.value.value


@dataclass(frozen=True, slots=True)
class Passage(FreeText):
    """A text that names somebody else, or about which a word was said."""

    marks: tuple[Span, ...]


def free_texts(request: Request, held: Iterable[Held]) -> list[FreeText]:
    """Every free text that would be handed out."""
    return [
        FreeText(
            _id(str(request.id), one.holder, record.dataset, record.record_id, value.column, value.value),
            one.holder,
            record.dataset,
            value,
        )
        for one in held
        if one.holder != _OWN_HOLDER
        for record in one.records
        for value in record.values
        if value.category == options_pb2.CATEGORY_FREE_TEXT
        and (request.kind is not Kind.PORTABILITY or provided(value))
    ]


def passages(
    texts: Iterable[FreeText],
    own: Identifiers,
    *,
    names: Mapping[str, Sequence[Span]],
    decided: Collection[str],
) -> list[Passage]:
    """Those with an address or a number that is not the person's own, or with a name of somebody else.

    A text stays one that was decided about, whoever is named in it has gone meanwhile: the word holds.
    """
    emails = {email.casefold() for email in own.emails}
    phones = {digits(phone)[-TAIL:] for phone in own.phones}
    found = []
    for each in texts:
        spans = [*marked(each.text, emails=emails, phones=phones), *names.get(each.id, ())]
        if spans or each.id in decided:
            marks = tuple(joined(spans))
            found.append(Passage(each.id, each.holder, each.dataset, each.value, marks))
    return found


def _id(*place: str) -> str:
    # Lengths keep the parts apart: no text can pass for another one at another place.
    framed = "".join(f"{len(part)}:{part}" for part in place)
    return hashlib.sha256(framed.encode("utf-8", "surrogatepass")).hexdigest()
