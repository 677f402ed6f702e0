"""Impact assessments: the register, one with its risks and versions, its form, and the officer's opinion."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _
from kontor.privacy.v1 import assessments_pb2 as wire
from kontor.privacy.v1 import registers_pb2

from kernel.errors import Aborted, FailedPrecondition, InvalidArgument
from kernel.web.i18n import iso_day
from services.gateway import people
from services.gateway.assessments.forms import AssessmentForm, OpinionForm, values_of
from services.gateway.assessments.words import ALERTS, CRITERIA, FIELDS, LEVELS, VERDICTS
from services.gateway.clients import clients
from services.gateway.labels import word
from services.gateway.records.views import PURPOSES
from services.gateway.registers.views import FORMATS, sent
from services.gateway.session import opens_with

blueprint = Blueprint("assessments", __name__)

_WORDS = {
    "levels": LEVELS,
    "verdicts": VERDICTS,
    "alert_labels": ALERTS,
    "criteria": CRITERIA,
    "fields": FIELDS,
}
_TEXTS = ("description", "waiver_reason", "necessity", "proportionality", "views", "decision_reason")
_DAYS = ("consulted_on", "review_on")
_LOW, _HIGH = 3, 9


@opens_with("Assessments.ListAssessments")
def index() -> ResponseReturnValue:
    """GET /assessments?due=yes: all of them, or only those whose review is due."""
    entries = clients().assessments.ListAssessments(wire.ListAssessmentsRequest()).entries
    due = request.args.get("due") == "yes"
    shown = [entry for entry in entries if not due or "review-due" in entry.alerts]
    return render_template("assessments/index.html", entries=shown, due=due, **_WORDS)


@opens_with("Assessments.GetAssessment")
def detail(assessment_id: uuid.UUID) -> ResponseReturnValue:
    """GET /assessments/<id>"""
    found = clients().assessments.GetAssessment(wire.GetAssessmentRequest(id=str(assessment_id)))
    return render_template(
        "assessments/detail.html",
        entry=found.entry,
        versions=found.versions,
        changers=people.colleagues(version.changed_by for version in found.versions),
        facts=_facts(found.entry.assessment),
        measures=dict(_measures()),
        matrices=[
            (_("Before the measures"), _matrix(found.entry.assessment, after=False)),
            (_("After the measures"), _matrix(found.entry.assessment, after=True)),
        ],
        level=_level,
        **_WORDS,
    )


@opens_with("Assessments.SaveAssessment")
def create() -> ResponseReturnValue:
    """GET, POST /assessments/new"""
    return _edit(AssessmentForm(), None)


@opens_with("Assessments.SaveAssessment")
def edit(assessment_id: uuid.UUID) -> ResponseReturnValue:
    """GET, POST /assessments/<id>/edit: the next version."""
    entry = _get(assessment_id)
    return _edit(AssessmentForm(data=values_of(entry)), entry)


@opens_with("Assessments.GiveOpinion")
def opinion(assessment_id: uuid.UUID) -> ResponseReturnValue:
    """GET, POST /assessments/<id>/opinion: the officer's advice."""
    entry = _get(assessment_id)
    form = OpinionForm(data={"version": str(entry.version)})
    problems: list[str] = []
    if form.validate_on_submit():
        asked = wire.GiveOpinionRequest(
            request_id=form.request_id.data,
            id=entry.id,
            version=int(form.version.data or 0),
            verdict=wire.Verdict.ValueType(int(form.verdict.data)),
            text=form.text.data,
        )
        try:
            clients().assessments.GiveOpinion(asked)
        except Aborted:
            problems = [_("Somebody else has changed this entry meanwhile. Open it again to see what.")]
        except FailedPrecondition:
            problems = [
                _("You have written a version of this assessment. Somebody else has to advise on it.")
            ]
        else:
            flash(_("The opinion is stored."), "success")
            return redirect(url_for("assessments.detail", assessment_id=entry.id), code=303)
    page = render_template("assessments/opinion.html", form=form, problems=problems, entry=entry)
    return page, 400 if problems else 200


@opens_with("Assessments.GetAssessmentFile")
def file(form: str) -> ResponseReturnValue:
    """GET /assessments/file.<pdf|csv>?assessment="""
    asked = wire.GetAssessmentFileRequest(
        id=request.args.get("assessment", ""),
        format=FORMATS.get(form) or abort(404),
        language=str(get_locale()),
    )
    return sent(clients().assessments.GetAssessmentFile(asked))


def _edit(form: AssessmentForm, entry: wire.AssessmentEntry | None) -> ResponseReturnValue:
    form.offer(activities=_activities(), measures=_measures())
    problems: list[str] = []
    if form.validate_on_submit():
        asked = wire.SaveAssessmentRequest(
            request_id=form.request_id.data,
            id=entry.id if entry else "",
            version=int(form.version.data or 0),
            assessment=form.assessment(),
        )
        try:
            saved = clients().assessments.SaveAssessment(asked)
        except Aborted:
            problems = [_("Somebody else has changed this entry meanwhile. Open it again to see what.")]
        except InvalidArgument as error:
            problems = _problems(form, error)
        else:
            flash(_("Version %(number)s is stored.", number=saved.version), "success")
            return redirect(url_for("assessments.detail", assessment_id=saved.id), code=303)
    back = url_for("assessments.detail", assessment_id=entry.id) if entry else url_for("assessments.index")
    page = render_template(
        "assessments/form.html", form=form, problems=problems, entry=entry, back=back, fields=FIELDS
    )
    return page, 400 if problems else 200


def _problems(form: AssessmentForm, error: InvalidArgument) -> list[str]:
    if "risks" in error.violations:
        return [_("A risk is greater after its measures than before. Please check the scales.")]
    words = {
        "decision": _("The officer's opinion on this version comes before the decision to go ahead."),
        "waiver_reason": _("Please say why no assessment is needed although the check asks for one."),
    }
    return form.take_errors(error.violations, words) or [_("Please check what you entered.")]


def _get(assessment_id: uuid.UUID) -> wire.AssessmentEntry:
    return clients().assessments.GetAssessment(wire.GetAssessmentRequest(id=str(assessment_id))).entry


def _activities() -> list[tuple[str, str]]:
    record = clients().records.GetProcessingRecord(registers_pb2.GetProcessingRecordRequest())
    return [(each.key, each.context.name or str(word(PURPOSES, each.key))) for each in record.activities]


def _measures() -> list[tuple[str, str]]:
    asked = registers_pb2.ListRegisterEntriesRequest(register=registers_pb2.REGISTER_MEASURES)
    return [(e.id, e.measure.name) for e in clients().registers.ListRegisterEntries(asked).entries]


def _facts(found: wire.Assessment) -> list[tuple[Any, Any]]:
    names = dict(_activities()) if found.activities else {}
    facts: list[tuple[Any, Any]] = []
    if found.activities:
        facts.append((FIELDS["activities"], ", ".join(names.get(key, key) for key in found.activities)))
    facts += [(FIELDS[name], getattr(found, name)) for name in _TEXTS if getattr(found, name)]
    facts += [(FIELDS[name], iso_day(getattr(found, name))) for name in _DAYS if getattr(found, name)]
    return facts


def _level(severity: int, likelihood: int) -> wire.RiskLevel.ValueType:
    """As the service tells them apart: up to 3 low, from 9 high."""
    product = severity * likelihood
    if product <= _LOW:
        return wire.RISK_LEVEL_LOW
    return wire.RISK_LEVEL_HIGH if product >= _HIGH else wire.RISK_LEVEL_MEDIUM


def _matrix(found: wire.Assessment, *, after: bool) -> list[list[tuple[str, str]]]:
    """What stands in each cell, and its tone; rows from the greatest severity down."""
    at: dict[tuple[int, int], list[str]] = {}
    for number, risk in enumerate(found.risks, start=1):
        place = (risk.severity_after, risk.likelihood_after) if after else (risk.severity, risk.likelihood)
        at.setdefault(place, []).append(str(number))
    return [
        [(", ".join(at.get((s, p), [])), LEVELS[_level(s, p)].tone) for p in range(1, 5)]
        for s in range(4, 0, -1)
    ]


blueprint.add_url_rule("/assessments", "index", index)
blueprint.add_url_rule("/assessments/new", "create", create, methods=["GET", "POST"])
blueprint.add_url_rule("/assessments/file.<form>", "file", file)
blueprint.add_url_rule("/assessments/<uuid:assessment_id>", "detail", detail)
blueprint.add_url_rule("/assessments/<uuid:assessment_id>/edit", "edit", edit, methods=["GET", "POST"])
blueprint.add_url_rule(
    "/assessments/<uuid:assessment_id>/opinion", "opinion", opinion, methods=["GET", "POST"]
)
