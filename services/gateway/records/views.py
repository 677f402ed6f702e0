"""The record of processing: as it is today, what is new in it, and its versions."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from kontor.options.v1 import options_pb2 as options
from kontor.privacy.v1 import holder_pb2 as holder
from kontor.privacy.v1 import registers_pb2 as wire

from kernel.errors import Aborted, InvalidArgument
from services.gateway import people
from services.gateway.clients import clients
from services.gateway.labels import HOLDERS, Label, word
from services.gateway.records.forms import ConfirmForm, ContextForm
from services.gateway.registers.views import FORMATS, sent
from services.gateway.retention.classes import deletion_class
from services.gateway.retention.datasets import dataset
from services.gateway.session import opens_with

blueprint = Blueprint("records", __name__)

PURPOSES = {
    "service": _l("Customer service"),
    "marketing": _l("Marketing"),
    "sales": _l("Sales"),
    "contract": _l("Contract"),
    "legal_duty": _l("Legal duty"),
    "security": _l("Security"),
}
CATEGORIES = {
    options.CATEGORY_IDENTITY: _l("identity"),
    options.CATEGORY_CONTACT_POINT: _l("contact data"),
    options.CATEGORY_DEMOGRAPHIC: _l("about the person"),
    options.CATEGORY_COMMUNICATION: _l("communication"),
    options.CATEGORY_BEHAVIOUR: _l("use"),
    options.CATEGORY_TRANSACTION: _l("transactions"),
    options.CATEGORY_PREFERENCE: _l("wishes and consents"),
    options.CATEGORY_CREDENTIAL: _l("login"),
    options.CATEGORY_FREE_TEXT: _l("free text"),
    options.CATEGORY_SPECIAL: _l("special categories (Art. 9)"),
}
BASES = {
    holder.BASIS_CONSENT: _l("consent (Art. 6(1)(a))"),
    holder.BASIS_CONTRACT: _l("contract (Art. 6(1)(b))"),
    holder.BASIS_LEGAL_OBLIGATION: _l("legal obligation (Art. 6(1)(c))"),
    holder.BASIS_LEGITIMATE_INTEREST: _l("legitimate interest (Art. 6(1)(f))"),
}
MARKS = {
    wire.CHANGE_MARK_NEW: Label(_l("new"), "info", "plus"),
    wire.CHANGE_MARK_CHANGED: Label(_l("changed"), "warn", "pencil"),
    wire.CHANGE_MARK_GONE: Label(_l("no longer processed"), "neutral", "archive"),
}


@opens_with("ProcessingRecords.GetProcessingRecord")
def index() -> ResponseReturnValue:
    """GET /records"""
    record = clients().records.GetProcessingRecord(wire.GetProcessingRecordRequest())
    versions = clients().records.ListProcessingVersions(wire.ListProcessingVersionsRequest()).versions
    return render_template(
        "records/index.html",
        record=record,
        versions=versions,
        changers=people.colleagues(version.confirmed_by for version in versions),
        silent=[each for each in record.descriptions if each.stale],
        form=ConfirmForm(fingerprint=record.fingerprint),
        dataset=dataset,
        deletion_class=deletion_class,
        holder=lambda name: word(HOLDERS, name),
        purposes=PURPOSES,
        categories=CATEGORIES,
        bases=BASES,
        marks=MARKS,
    )


@opens_with("ProcessingRecords.ConfirmProcessingRecord")
def confirm() -> ResponseReturnValue:
    """POST /records/confirm: keeps the record as a version."""
    form = ConfirmForm()
    if form.validate_on_submit():
        asked = wire.ConfirmProcessingRecordRequest(
            request_id=form.request_id.data, fingerprint=form.fingerprint.data
        )
        try:
            kept = clients().records.ConfirmProcessingRecord(asked)
            flash(_("Version %(number)s is stored.", number=kept.version), "success")
        except Aborted:
            flash(_("The record has changed since you opened it. Nothing was confirmed."), "message")
    return redirect(url_for("records.index"), code=303)


@opens_with("ProcessingRecords.DescribeActivity")
def activity(key: str) -> ResponseReturnValue:
    """GET, POST /records/activities/<key>: name and context."""
    record = clients().records.GetProcessingRecord(wire.GetProcessingRecordRequest())
    found = next((each for each in record.activities if each.key == key), None) or abort(404)
    values = {field.name: getattr(found.context, field.name) for field in found.context.DESCRIPTOR.fields}
    form = ContextForm(data={**values, "version": str(found.context_version)})
    problems: list[str] = []
    if form.validate_on_submit():
        said = {name: value for name, value in form.values().items() if name != "version"}
        asked = wire.DescribeActivityRequest(
            request_id=form.request_id.data,
            key=key,
            version=int(form.version.data or 0),
            context=wire.ActivityContext(**said),
        )
        try:
            clients().records.DescribeActivity(asked)
        except Aborted:
            problems = [_("Somebody else has changed this entry meanwhile. Open it again to see what.")]
        except InvalidArgument as error:
            problems = form.take_errors(error.violations)
        else:
            flash(_("The context is stored. It stays when the programs declare something new."), "success")
            return redirect(url_for("records.index"), code=303)
    title = word(PURPOSES, key)
    page = render_template("records/activity.html", form=form, problems=problems, title=title)
    return page, 400 if problems else 200


@opens_with("ProcessingRecords.GetProcessingFile")
def file(number: int, form: str) -> ResponseReturnValue:
    """GET /records/<version>.<pdf|csv>"""
    asked = wire.GetProcessingFileRequest(
        version=number or abort(404), format=FORMATS.get(form) or abort(404), language=str(get_locale())
    )
    return sent(clients().records.GetProcessingFile(asked))


blueprint.add_url_rule("/records", "index", index)
blueprint.add_url_rule("/records/confirm", "confirm", confirm, methods=["POST"])
blueprint.add_url_rule("/records/activities/<key>", "activity", activity, methods=["GET", "POST"])
blueprint.add_url_rule("/records/<int:number>.<form>", "file", file)
