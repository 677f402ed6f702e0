"""The base of every form: idempotency, stripping, and errors that came over the wire."""

import re
import uuid
from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField
from wtforms.validators import DataRequired, Length, Regexp

from kernel.text import visible

_UUID = r"^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$"

# As browsers, word processors and PDF files break lines and pages.
_BREAK = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_TAB_OR_BREAK = re.compile(r"[\t\n]+")
# The contract refuses these (`kernel.validation`), and who has pasted one cannot see what is wrong.
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f]")

_REFUSED = _l("This cannot be stored like this.")

# Of what the filters have left: spaces alone are no answer.
required = DataRequired(_l("Please fill this in."))


def at_most(count: int) -> Length:
    """The same limit as in the contract, said in the visitor's language."""
    return Length(max=count, message=_l("Please use at most %(max)d characters."))


def line_breaks(value: str | None) -> str:
    """A filter for texts that are kept as they are: one kind of line break, and no character that steers a printer."""
    return _CONTROL.sub("", _BREAK.sub("\n", value or ""))


def strip_lines(value: str | None) -> str:
    """A filter for texts of several lines: spaces around an input are never meant, and what nobody sees neither."""
    return visible(line_breaks(value)).strip()


def strip(value: str | None) -> str:
    """The same for a text of one line."""
    return visible(_TAB_OR_BREAK.sub(" ", line_breaks(value))).strip()


def new_request_id() -> str:
    """A fresh idempotency key for one form."""
    return str(uuid.uuid4())


class Form(FlaskForm):  # type: ignore[misc]
    """A form whose second submission repeats the first answer instead of the deed.

    The id is made when the page is drawn and travels as `request_id` of the command, so a
    double click or a reload of the answer page changes nothing twice.
    """

    request_id = HiddenField(default=new_request_id, validators=[Regexp(_UUID, message="request_id")])

    def take_errors(
        self, violations: Mapping[str, str], words: Mapping[str, object] | None = None
    ) -> list[str]:
        """Hang field violations of a service on the fields of the same name; answers what belongs to none.

        The contract explains itself in English: what is shown is `words` by field, or a sentence that fits all.
        """
        rest: list[str] = []
        for path in violations:
            name = path.rsplit(".", 1)[-1]
            text = str((words or {}).get(name, _REFUSED))
            field = self._fields.get(path) or self._fields.get(name)
            if field is None or isinstance(field, HiddenField):
                rest.append(text)
            else:
                field.errors = [*field.errors, text]
        return list(dict.fromkeys(rest))

    def values(self) -> dict[str, Any]:
        """What was filled in, without the hidden machinery."""
        return {
            name: field.data
            for name, field in self._fields.items()
            if name not in {"csrf_token", "request_id"}
        }


def aria(described: str, invalid: bool, more: Mapping[str, str] | None = None) -> dict[str, str]:
    """Attributes that tie an input to its help and its errors; used by the `field` macro."""
    attributes = dict(more or {})
    if described.strip():
        attributes["aria-describedby"] = described.strip()
    if invalid:
        attributes["aria-invalid"] = "true"
    return attributes
