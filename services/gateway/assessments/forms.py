"""The forms of an impact assessment. Their fields are named as in the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _l
from kontor.privacy.v1 import assessments_pb2 as wire
from wtforms import (
    BooleanField,
    FieldList,
    FormField,
    HiddenField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms import Form as Part
from wtforms.validators import Optional, Regexp
from wtforms.widgets import CheckboxInput

from kernel.web.forms import Form, at_most, required, strip, strip_lines
from kernel.web.options import options
from services.gateway.assessments.words import CRITERIA, FIELDS, LIKELIHOOD, SEVERITY, VERDICTS
from services.gateway.labels import Label

# So many empty risks stand below those that were entered; who has more stores and opens again.
_EMPTY, _MOST = 3, 20
_date = Regexp(r"^\d{4}-\d{2}-\d{2}$", message=_l("Please enter a date, for example 2026-12-31."))
_SCALES = ("severity", "likelihood", "severity_after", "likelihood_after")


def _text(name: str, most: int = 4000, *, must: bool = False) -> TextAreaField:
    rules = [required, at_most(most)] if must else [at_most(most)]
    return TextAreaField(FIELDS[name], filters=[strip_lines], validators=rules)


def _day(name: str) -> StringField:
    return StringField(FIELDS[name], filters=[strip], validators=[Optional(), _date])


def _scale(name: str) -> SelectField:
    words = SEVERITY if name.startswith("severity") else LIKELIHOOD
    return SelectField(FIELDS[name], choices=options(words.items()), default="2")


def _several(name: str, words: Mapping[Any, Label] | None = None) -> SelectMultipleField:
    """Boxes to tick. Without words what can be chosen comes from a register, and what has left it may stay chosen."""
    known = words or {}
    return SelectMultipleField(
        FIELDS[name],
        choices=options((n, label.text) for n, label in known.items()),
        validate_choice=bool(known),
        option_widget=CheckboxInput(),
    )


class RiskPart(Part):  # type: ignore[misc]
    """One risk. Without a text it is none: to empty the text takes it away."""

    text = StringField(FIELDS["text"], filters=[strip], validators=[at_most(500)])
    severity, likelihood = _scale("severity"), _scale("likelihood")
    severity_after, likelihood_after = _scale("severity_after"), _scale("likelihood_after")
    measure_ids = _several("measure_ids")


class AssessmentForm(Form):
    """Everything but the officer's opinion."""

    version = HiddenField(default="0", validators=[Regexp(r"^\d{1,9}$")])
    title = StringField(FIELDS["title"], filters=[strip], validators=[required, at_most(200)])
    activities = _several("activities")
    description = _text("description", must=True)
    criteria = _several("criteria", CRITERIA)
    listed, waived = BooleanField(FIELDS["listed"]), BooleanField(FIELDS["waived"])
    waiver_reason = _text("waiver_reason", 2000)
    necessity, proportionality, views = _text("necessity"), _text("proportionality"), _text("views")
    risks = FieldList(FormField(RiskPart), label=FIELDS["risks"], max_entries=_MOST)
    decision = SelectField(
        FIELDS["decision"],
        choices=options([(0, _l("not decided")), *((n, x.text) for n, x in VERDICTS.items())]),
    )
    decision_reason = _text("decision_reason")
    consulted_on, review_on = _day("consulted_on"), _day("review_on")

    def offer(self, *, activities: list[tuple[str, str]], measures: list[tuple[str, str]]) -> None:
        """Fill in what can be chosen, and add empty risks to a form that is being drawn."""
        self.activities.choices = options(activities)
        if not self.is_submitted():
            for _empty in range(min(_EMPTY, _MOST - len(self.risks))):
                self.risks.append_entry()
        for entry in self.risks:
            entry.form.measure_ids.choices = options(measures)

    def assessment(self) -> wire.Assessment:
        """What was filled in."""
        plain = {
            k: v for k, v in self.values().items() if k not in ("version", "risks", "criteria", "decision")
        }
        return wire.Assessment(
            **plain,
            criteria=[wire.Criterion.ValueType(int(number)) for number in self.criteria.data or []],
            decision=wire.Verdict.ValueType(int(self.decision.data)),
            risks=[_risk(entry.form.data) for entry in self.risks if entry.form.text.data],
        )


class OpinionForm(Form):
    """What the officer advises."""

    version = HiddenField(default="0", validators=[Regexp(r"^\d{1,9}$")])
    verdict = SelectField(_l("Advice"), choices=options((n, x.text) for n, x in VERDICTS.items()))
    text = TextAreaField(_l("Opinion"), filters=[strip_lines], validators=[required, at_most(4000)])


def values_of(entry: wire.AssessmentEntry) -> dict[str, Any]:
    """What the form shows of an assessment."""
    found = entry.assessment
    names = [field.name for field in found.DESCRIPTOR.fields if field.name not in ("risks", "criteria")]
    return {
        **{name: getattr(found, name) for name in names},
        "activities": list(found.activities),
        "criteria": [str(number) for number in found.criteria],
        "decision": str(found.decision),
        "risks": [
            {
                "text": risk.text,
                "measure_ids": list(risk.measure_ids),
                **{name: str(getattr(risk, name)) for name in _SCALES},
            }
            for risk in found.risks
        ],
        "version": str(entry.version),
    }


def _risk(values: dict[str, Any]) -> wire.AssessedRisk:
    scales = {name: int(values[name]) for name in _SCALES}
    return wire.AssessedRisk(text=values["text"], measure_ids=values["measure_ids"] or [], **scales)
