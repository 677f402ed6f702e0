"""Which texts of a copy name somebody else."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from kontor.options.v1 import options_pb2
from kontor.privacy.v1 import holder_pb2

from services.privacy.requests.blackening.model import TAIL, Span, digits, marked
from services.privacy.requests.collecting import Held
from services.privacy.requests.model import Identifiers, Kind, Request
from services.privacy.requests.portable import provided

# What this service keeps are the person's own requests and our answers to them.
_OWN_HOLDER = "privacy"


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
    phones = {digits(phone)[-TAIL:] for phone in own.phones}
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


def _id(*place: str) -> str:
    # Lengths keep the parts apart: no text can pass for another one at another place.
    framed = "".join(f"{len(part)}:{part}" for part in place)
    return hashlib.sha256(framed.encode("utf-8", "surrogatepass")).hexdigest()
