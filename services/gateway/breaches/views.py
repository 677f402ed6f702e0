"""Breaches: the register with its clocks, one breach with its versions, and the drafts of its notices."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale, ngettext
from flask_babel import gettext as _
from kontor.privacy.v1 import breaches_pb2 as wire
from kontor.privacy.v1 import registers_pb2

from kernel.errors import Aborted, InvalidArgument
from kernel.web.i18n import moment, number
from services.gateway import people
from services.gateway.breaches.forms import QUESTIONS, TIMES, BreachForm, values_of
from services.gateway.breaches.words import ALERTS, DUTIES, EXCEPTIONS, FIELDS, RISKS
from services.gateway.clients import clients
from services.gateway.registers.views import FORMATS, sent
from services.gateway.session import opens_with

blueprint = Blueprint("breaches", __name__)

_FILES = {
    "register": wire.BREACH_FILE_REGISTER,
    "authority": wire.BREACH_FILE_AUTHORITY,
    "subjects": wire.BREACH_FILE_SUBJECTS,
}
_FORMATS = {**FORMATS, "txt": registers_pb2.FILE_FORMAT_TEXT}
_WORDS = {"risks": RISKS, "duties": DUTIES, "alert_labels": ALERTS, "fields": FIELDS}


@opens_with("Breaches.ListBreaches")
def index() -> ResponseReturnValue:
    """GET /breaches?clock=running: all of them, or only those whose clock still runs."""
    entries = clients().breaches.ListBreaches(wire.ListBreachesRequest()).entries
    narrowed = request.args.get("clock") == "running"
    shown = [entry for entry in entries if running(entry) or not narrowed]
    return render_template(
        "breaches/index.html", entries=shown, narrowed=narrowed, left=_left, running=running, **_WORDS
    )


@opens_with("Breaches.GetBreach")
def detail(breach_id: uuid.UUID) -> ResponseReturnValue:
    """GET /breaches/<id>"""
    found = clients().breaches.GetBreach(wire.GetBreachRequest(id=str(breach_id)))
    return render_template(
        "breaches/detail.html",
        entry=found.entry,
        versions=found.versions,
        changers=people.colleagues(version.changed_by for version in found.versions),
        facts=_facts(found.entry.breach),
        left=_left(found.entry) if running(found.entry) else "",
        **_WORDS,
    )


@opens_with("Breaches.SaveBreach")
def create() -> ResponseReturnValue:
    """GET, POST /breaches/new"""
    return _edit(BreachForm(), None)


@opens_with("Breaches.SaveBreach")
def edit(breach_id: uuid.UUID) -> ResponseReturnValue:
    """GET, POST /breaches/<id>/edit: what was learned, decided or told since."""
    entry = clients().breaches.GetBreach(wire.GetBreachRequest(id=str(breach_id))).entry
    return _edit(BreachForm(data={**values_of(entry.breach), "version": str(entry.version)}), entry)


@opens_with("Breaches.GetBreachFile")
def file(kind: str, form: str) -> ResponseReturnValue:
    """GET /breaches/file/<register|authority|subjects>.<pdf|csv|txt>?breach="""
    asked = wire.GetBreachFileRequest(
        file=_FILES.get(kind) or abort(404),
        id=request.args.get("breach", ""),
        format=_FORMATS.get(form) or abort(404),
        language=str(get_locale()),
    )
    return sent(clients().breaches.GetBreachFile(asked))


def _edit(form: BreachForm, entry: wire.BreachEntry | None) -> ResponseReturnValue:
    problems: list[str] = []
    if form.validate_on_submit():
        asked = wire.SaveBreachRequest(
            request_id=form.request_id.data,
            id=entry.id if entry else "",
            version=int(form.version.data or 0),
            breach=form.breach(),
        )
        try:
            saved = clients().breaches.SaveBreach(asked)
        except Aborted:
            problems = [_("Somebody else has changed this entry meanwhile. Open it again to see what.")]
        except InvalidArgument as error:
            words = {
                "reason": _("The answers say a higher risk. Please give the reasons for deciding otherwise."),
                **dict.fromkeys(TIMES, _("This has not happened yet.")),
            }
            problems = form.take_errors(error.violations, words) or [_("Please check what you entered.")]
        else:
            flash(_("Version %(number)s is stored.", number=saved.version), "success")
            return redirect(url_for("breaches.detail", breach_id=saved.id), code=303)
    back = url_for("breaches.detail", breach_id=entry.id) if entry else url_for("breaches.index")
    page = render_template(
        "breaches/form.html", form=form, problems=problems, entry=entry, back=back, questions=QUESTIONS
    )
    return page, 400 if problems else 200


def running(entry: wire.BreachEntry) -> bool:
    """Whether the clock still runs: nothing was told yet, and something may have to be."""
    return bool({"authority-open", "authority-late"} & set(entry.alerts))


def _left(entry: wire.BreachEntry) -> str:
    """Hours until the safe time, or since; of the last hour it says that it is the last."""
    hours = (entry.due_time.ToDatetime(tzinfo=UTC) - datetime.now(UTC)).total_seconds() / 3600
    if hours >= 1:
        return str(ngettext("%(num)s hour left", "%(num)s hours left", int(hours)))
    if hours >= 0:
        return str(_("less than an hour left"))
    over = int(-hours)
    return str(ngettext("%(num)s hour over", "%(num)s hours over", over) if over else _("just over"))


def _facts(breach: wire.Breach) -> list[tuple[Any, Any]]:
    facts = []
    for field in breach.DESCRIPTOR.fields:
        value = getattr(breach, field.name)
        if field.name in TIMES:
            if breach.HasField(field.name):  # type: ignore[arg-type]
                facts.append((FIELDS[field.name], moment(value)))
        elif value and field.name not in ("title", "risk"):
            facts.append((FIELDS[field.name], _shown(field.name, value)))
    return facts


def _shown(name: str, value: Any) -> Any:
    if name == "exception":
        return EXCEPTIONS[value].text if value in EXCEPTIONS else "–"
    if value is True:
        return _("yes")
    return number(value) if isinstance(value, int) else value


blueprint.add_url_rule("/breaches", "index", index)
blueprint.add_url_rule("/breaches/new", "create", create, methods=["GET", "POST"])
blueprint.add_url_rule("/breaches/file/<kind>.<form>", "file", file)
blueprint.add_url_rule("/breaches/<uuid:breach_id>", "detail", detail)
blueprint.add_url_rule("/breaches/<uuid:breach_id>/edit", "edit", edit, methods=["GET", "POST"])
