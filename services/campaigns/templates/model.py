"""Values of templates: what may stand in them, and the people they are rendered for."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, StrEnum

from kernel.errors import InvalidArgument, NotFound

# What a template may say about its reader; the contract names the same five.
PLACEHOLDERS = ("salutation", "given_name", "family_name", "preferences_url", "unsubscribe_url")


class TemplateNotFound(NotFound):
    """No such template."""

    def __init__(self) -> None:
        super().__init__("There is no such template.")


class Problem(StrEnum):
    """What can be wrong with a template, by its stable key; pages have words for each."""

    PLACEHOLDER_UNKNOWN = "placeholder-unknown"
    PLACEHOLDER_UNREADABLE = "placeholder-unreadable"
    PLACEHOLDERS_TOO_DEEP = "placeholders-too-deep"
    PLACEHOLDERS_UNFILLABLE = "placeholders-unfillable"
    FILTER_UNKNOWN = "filter-unknown"
    TAG_FORBIDDEN = "tag-forbidden"
    MJML_UNREADABLE = "mjml-unreadable"
    MJML_TOO_DEEP = "mjml-too-deep"
    MAIL_TOO_LARGE = "mail-too-large"


_ENGLISH = {
    Problem.PLACEHOLDER_UNKNOWN: "unknown placeholder",
    Problem.PLACEHOLDER_UNREADABLE: "a placeholder cannot be read",
    Problem.PLACEHOLDERS_TOO_DEEP: "placeholders are nested too deeply",
    Problem.PLACEHOLDERS_UNFILLABLE: "the placeholders cannot be filled in",
    Problem.FILTER_UNKNOWN: "unknown filter",
    Problem.TAG_FORBIDDEN: "a tag is not allowed",
    Problem.MJML_UNREADABLE: "the MJML cannot be read",
    Problem.MJML_TOO_DEEP: "tags are nested too deeply",
    Problem.MAIL_TOO_LARGE: "the mail would be too large",
}
_LONGEST = 60


class TemplateInvalid(InvalidArgument):
    """The template cannot be used.

    The violation says it in English, with the parser's own `detail`. `metadata` says it for pages: `field`,
    `problem` (a `Problem`), and where they are known `name` (of the element at fault) and `line`.
    """

    def __init__(
        self, field: str, problem: Problem, *, name: str = "", line: int = 0, detail: str = ""
    ) -> None:
        where = {"name": name[:_LONGEST]} if name else {}
        where |= {"line": str(line)} if line else {}
        more = ", ".join(filter(None, (detail or name[:_LONGEST], f"line {line}" if line else "")))
        text = f"{_ENGLISH[problem]}: {more}" if more else _ENGLISH[problem]
        super().__init__(
            f"The template cannot be used: {text}.",
            violations={f"template.{field}": text},
            metadata={"field": field, "problem": problem, **where},
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
