"""Values of templates: what may stand in them, and the people they are rendered for."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from kernel.errors import InvalidArgument, NotFound

# What a template may say about its reader; the contract names the same five.
PLACEHOLDERS = ("salutation", "given_name", "family_name", "preferences_url", "unsubscribe_url")


class TemplateNotFound(NotFound):
    """No such template."""

    def __init__(self) -> None:
        super().__init__("There is no such template.")


class TemplateInvalid(InvalidArgument):
    """The template cannot be read; the violation says which field and why."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(
            f"The template cannot be used: {problem}.", violations={f"template.{field}": problem}
        )


@dataclass(frozen=True, slots=True)
class Draft:
    """A template as somebody wrote it."""

    name: str
    subject: str
    mjml: str
    language: str


@dataclass(frozen=True, slots=True)
class Saved:
    """A template as it is kept."""

    id: uuid.UUID
    draft: Draft
    created_at: datetime


class Address(Enum):
    """How a person wants to be addressed."""

    UNKNOWN = 0
    MS = 1
    MR = 2
    NEUTRAL = 3


@dataclass(frozen=True, slots=True)
class Reader:
    """Whom a mail is rendered for."""

    given_name: str = ""
    family_name: str = ""
    address: Address = Address.UNKNOWN


INVENTED = Reader("Erika", "Mustermann", Address.MS)

_FORMAL = {
    ("de", Address.MS): "Sehr geehrte Frau {}",
    ("de", Address.MR): "Sehr geehrter Herr {}",
    ("en", Address.MS): "Dear Ms {}",
    ("en", Address.MR): "Dear Mr {}",
}
_NEUTRAL = {"de": "Guten Tag", "en": "Hello"}


def salutation(reader: Reader, language: str) -> str:
    """The opening line, without a comma. Formal only if both the form of address and the name are known."""
    formal = _FORMAL.get((language, reader.address))
    if formal is not None and reader.family_name:
        return formal.format(reader.family_name)
    return " ".join(part for part in (_NEUTRAL[language], reader.given_name, reader.family_name) if part)


@dataclass(frozen=True, slots=True)
class Rendered:
    """A mail's words for one reader."""

    subject: str
    html: str
    text: str
