"""The forms of the registers. Their fields are named as in the contract."""

from __future__ import annotations

from flask_babel import get_locale
from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, SelectField, StringField, TextAreaField
from wtforms.validators import Optional, Regexp

from kernel.web.forms import Form, at_most, required, strip, strip_lines
from kernel.web.options import options
from services.gateway.registers.words import FIELDS, GOALS, MECHANISMS, ROLES, SWOT

_date = Regexp(r"^\d{4}-\d{2}-\d{2}$", message=_l("Please enter a date, for example 2026-12-31."))


def _day(name: str) -> StringField:
    return StringField(FIELDS[name], filters=[strip], validators=[Optional(), _date])


def countries() -> list[tuple[str, str]]:
    """All countries by name."""
    known = get_locale().territories.items()
    return sorted(((c, n) for c, n in known if len(c) == 2 and c.isalpha()), key=lambda pair: pair[1])


class EntryForm(Form):
    """What every form of a register has: the version that was read."""

    version = HiddenField(default="0", validators=[Regexp(r"^\d{1,9}$")])

    def offer(self, processors: list[tuple[str, str]]) -> None:
        """Fill in what can be chosen."""


class ProcessorForm(EntryForm):
    """Somebody who gets personal data."""

    name = StringField(FIELDS["name"], filters=[strip], validators=[required, at_most(200)])
    role = SelectField(FIELDS["role"], choices=options((n, label.text) for n, label in ROLES.items()))
    service = StringField(FIELDS["service"], filters=[strip], validators=[required, at_most(500)])
    address = StringField(FIELDS["address"], filters=[strip], validators=[required, at_most(300)])
    country = SelectField(FIELDS["country"], default="DE")
    contact = StringField(FIELDS["contact"], filters=[strip], validators=[at_most(200)])
    parent_id = SelectField(FIELDS["parent_id"], validators=[Optional()])
    signed_on, starts_on = _day("signed_on"), _day("starts_on")
    ends_on, notice_on = _day("ends_on"), _day("notice_on")
    certificates = TextAreaField(FIELDS["certificates"], filters=[strip_lines], validators=[at_most(1000)])

    def offer(self, processors: list[tuple[str, str]]) -> None:
        self.country.choices = options(countries())
        self.parent_id.choices = options([("", "–"), *processors])


class TransferForm(EntryForm):
    """Personal data leaves the European Economic Area."""

    recipient = StringField(FIELDS["recipient"], filters=[strip], validators=[required, at_most(200)])
    country = SelectField(FIELDS["country"], default="US")
    mechanism = SelectField(
        FIELDS["mechanism"], choices=options((n, label.text) for n, label in MECHANISMS.items())
    )
    details = TextAreaField(FIELDS["details"], filters=[strip_lines], validators=[at_most(1000)])
    assessed_on = _day("assessed_on")
    processor_id = SelectField(FIELDS["processor_id"], validators=[Optional()])

    def offer(self, processors: list[tuple[str, str]]) -> None:
        self.country.choices = options(countries())
        self.processor_id.choices = options([("", "–"), *processors])


class MeasureForm(EntryForm):
    """A technical or organisational measure."""

    name = StringField(FIELDS["name"], filters=[strip], validators=[required, at_most(200)])
    goal = SelectField(FIELDS["goal"], choices=options((n, label.text) for n, label in GOALS.items()))
    description = TextAreaField(
        FIELDS["description"], filters=[strip_lines], validators=[required, at_most(4000)]
    )
    reviewed_on, review_on = _day("reviewed_on"), _day("review_on")


class SwotForm(EntryForm):
    """One of the company's own notes."""

    swot_list = SelectField(
        FIELDS["swot_list"], choices=options((n, label.text) for n, label in SWOT.items())
    )
    text = TextAreaField(FIELDS["text"], filters=[strip_lines], validators=[required, at_most(1000)])
