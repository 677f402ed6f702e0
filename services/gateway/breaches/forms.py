"""The form of a breach. Its fields are named as in the contract; times are those of the office."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_babel import to_user_timezone, to_utc
from kontor.privacy.v1 import breaches_pb2 as wire
from wtforms import (
    BooleanField,
    DateTimeLocalField,
    HiddenField,
    IntegerField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, NumberRange, Optional, Regexp

from kernel.web.forms import Form, at_most, required, strip, strip_lines
from kernel.web.options import options
from services.gateway.breaches.words import EXCEPTIONS, FIELDS, QUESTIONS, RISKS

TIMES = ("aware_time", "authority_time", "subjects_time")
_MOST = 2_000_000_000


def _text(name: str, most: int = 4000, *, must: bool = False) -> TextAreaField:
    rules = [required, at_most(most)] if must else [at_most(most)]
    return TextAreaField(FIELDS[name], filters=[strip_lines], validators=rules)


def _count(name: str) -> IntegerField:
    return IntegerField(FIELDS[name], validators=[Optional(), NumberRange(0, _MOST)])


def _moment(name: str) -> DateTimeLocalField:
    must = InputRequired(_l("Please fill this in.")) if name == "aware_time" else Optional()
    return DateTimeLocalField(FIELDS[name], format=["%Y-%m-%dT%H:%M"], validators=[must])


class BreachForm(Form):
    """Everything about a breach; what is not known yet stays empty."""

    version = HiddenField(default="0", validators=[Regexp(r"^\d{1,9}$")])
    title = StringField(FIELDS["title"], filters=[strip], validators=[required, at_most(200)])
    aware_time = _moment("aware_time")
    facts = _text("facts", must=True)
    subject_categories, subject_count = _text("subject_categories", 1000), _count("subject_count")
    record_categories, record_count = _text("record_categories", 1000), _count("record_count")
    consequences, measures = _text("consequences"), _text("measures")
    unintelligible = BooleanField(FIELDS["unintelligible"])
    recovered = BooleanField(FIELDS["recovered"])
    sensitive = BooleanField(FIELDS["sensitive"])
    harm = BooleanField(FIELDS["harm"])
    vulnerable = BooleanField(FIELDS["vulnerable"])
    many = BooleanField(FIELDS["many"])
    risk = SelectField(
        FIELDS["risk"], choices=options([(0, _l("not decided")), *((n, x.text) for n, x in RISKS.items())])
    )
    reason = _text("reason")
    exception = SelectField(
        FIELDS["exception"], choices=options([(0, "–"), *((n, x.text) for n, x in EXCEPTIONS.items())])
    )
    authority_time = _moment("authority_time")
    delay_reason = _text("delay_reason", 2000)
    subjects_time = _moment("subjects_time")

    def breach(self) -> wire.Breach:
        """What was filled in."""
        values: dict[str, Any] = {
            k: v for k, v in self.values().items() if k not in ("version", *TIMES) and v
        }
        found = wire.Breach(**{**values, "risk": int(self.risk.data), "exception": int(self.exception.data)})
        for name in TIMES:
            local = self[name].data
            if local is not None:
                getattr(found, name).FromDatetime(to_utc(local))
        return found


def values_of(found: wire.Breach) -> dict[str, Any]:
    """What the form shows of a breach."""
    values = {
        field.name: getattr(found, field.name) for field in found.DESCRIPTOR.fields if field.name not in TIMES
    }
    texts = {name: str(values[name]) for name in ("risk", "exception")}
    times = {name: _local(found, name) for name in TIMES if found.HasField(name)}  # type: ignore[arg-type]
    return {**values, **texts, **times}


def _local(found: wire.Breach, name: str) -> datetime:
    moment: datetime = getattr(found, name).ToDatetime(tzinfo=UTC)
    shown: datetime = to_user_timezone(moment)
    return shown.replace(tzinfo=None)


__all__ = ["QUESTIONS", "BreachForm", "values_of"]
