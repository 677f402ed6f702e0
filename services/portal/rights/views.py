"""What is held, and the visitor's requests: copy of the data, data to take along, erasure."""

from __future__ import annotations

import uuid
from datetime import date
from functools import partial

from flask import Blueprint, Response, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _
from kontor.privacy.v1.holder_pb2 import (
    REQUEST_KIND_ACCESS,
    REQUEST_KIND_ERASURE,
    REQUEST_KIND_PORTABILITY,
    REQUEST_KIND_RECTIFICATION,
    PlanItem,
    RequestKind,
)
from kontor.privacy.v1.privacy_pb2 import (
    DOCUMENT_FORMAT_CSV,
    DOCUMENT_FORMAT_JSON,
    DOCUMENT_FORMAT_PDF,
    DOCUMENT_FORMAT_VCARD,
    REQUEST_STATE_ACCEPTED,
    REQUEST_STATE_COMPLETED,
    REQUEST_STATE_EXECUTING,
    REQUEST_STATE_PARTIALLY_FULFILLED,
    REQUEST_STATE_PLANNED,
    REQUEST_STATE_RECEIVED,
    REQUEST_STATE_REFUSED,
    REQUEST_STATE_VERIFYING,
    REQUEST_STATE_WITHDRAWN,
    ConfirmRequestRequest,
    Correction,
    CreateRequestRequest,
    GetCorrectionsRequest,
    GetDocumentRequest,
    GetRequestRequest,
    HolderPlan,
    ListDisclosuresRequest,
    ListRequestsRequest,
    Request,
    WithdrawRequestRequest,
)

from kernel.errors import FailedPrecondition, ResourceExhausted
from kernel.identity import STAFF_ROLES
from kernel.web.access import login_required, polled
from kernel.web.forms import Form
from kernel.web.login import current_login
from services.portal.clients import HOLDERS, clients, unless_down
from services.portal.labels import EXTENSIONS, NOT_CONFIRMED, REFUSALS, WAYS
from services.portal.rights import vocabulary
from services.portal.rights.done import STEPS, done
from services.portal.rights.held import datasets, parts, summarise
from services.portal.rights.words import holder_words
from services.portal.session import own_contact

blueprint = Blueprint("rights", __name__)

_FORMATS = {
    "json": DOCUMENT_FORMAT_JSON,
    "pdf": DOCUMENT_FORMAT_PDF,
    "zip": DOCUMENT_FORMAT_CSV,
    "vcf": DOCUMENT_FORMAT_VCARD,
}
_COPIES = {REQUEST_KIND_ACCESS, REQUEST_KIND_PORTABILITY}
# These end when an erasure is confirmed: nothing is left for them.
_END_WITH_ERASURE = {*_COPIES, REQUEST_KIND_RECTIFICATION}
# In these the page asks again by itself, because something is about to happen.
_MOVING = {
    REQUEST_STATE_RECEIVED,
    REQUEST_STATE_VERIFYING,
    REQUEST_STATE_ACCEPTED,
    REQUEST_STATE_EXECUTING,
}
_ENDED = {
    REQUEST_STATE_COMPLETED,
    REQUEST_STATE_PARTIALLY_FULFILLED,
    REQUEST_STATE_REFUSED,
    REQUEST_STATE_WITHDRAWN,
}


@login_required
def overview() -> ResponseReturnValue:
    """GET /rights: everything held, explained, and every request with its state."""
    contact = own_contact()
    login = current_login()
    read = partial(datasets, own_subject=login.subject if login else "")
    held = clients().collect(contact, read)
    asked = ListRequestsRequest(contact_id=contact.id, page_size=50)
    requests = unless_down(lambda: clients().requests.ListRequests(asked))
    told = unless_down(lambda: clients().requests.ListDisclosures(ListDisclosuresRequest()))
    return render_template(
        "rights/overview.html",
        contact=contact,
        parts=parts(held, told.disclosures if told is not None else None),
        requests=requests.requests if requests is not None else None,
        form=Form(),
    )


@login_required
def ask_copy() -> ResponseReturnValue:
    """POST /rights/copy: the copy of the data (Art. 15)."""
    return ask(REQUEST_KIND_ACCESS)


@login_required
def take_along() -> ResponseReturnValue:
    """POST /rights/portability: what the person has provided, for another provider (Art. 20)."""
    return ask(REQUEST_KIND_PORTABILITY)


@login_required
def erasure() -> ResponseReturnValue:
    """GET, POST /rights/erasure: what erasure means, then its plan. Nothing is erased here."""
    # Of whom nothing is held, nothing can be erased: they are told so before they ask.
    own_contact()
    form = Form()
    if form.validate_on_submit():
        return ask(REQUEST_KIND_ERASURE, form)
    return render_template("rights/erasure.html", form=form)


@login_required
def request_page(request_id: uuid.UUID) -> ResponseReturnValue:
    """GET /rights/requests/<id>; the own contact's only."""
    return render_template("rights/request.html", **_shown(request_id))


@polled
@login_required
def request_part(request_id: uuid.UUID) -> ResponseReturnValue:
    """GET /rights/requests/<id>/part: the part of the page that moves."""
    return render_template("rights/request_part.html", **_shown(request_id))


@login_required
def confirm(request_id: uuid.UUID) -> ResponseReturnValue:
    """POST /rights/requests/<id>/confirm: the word that starts a planned erasure."""
    form = Form()
    if not form.validate_on_submit():
        abort(400)
    found = _own(request_id)
    try:
        clients().requests.ConfirmRequest(ConfirmRequestRequest(request_id=form.request_id.data, id=found.id))
    except FailedPrecondition:
        flash(_("This request is in another state by now. Nothing was started twice."), "info")
    return redirect(url_for("rights.request_page", request_id=request_id), code=303)


@login_required
def withdraw(request_id: uuid.UUID) -> ResponseReturnValue:
    """POST /rights/requests/<id>/withdraw: the person has changed their mind."""
    form = Form()
    if not form.validate_on_submit():
        abort(400)
    found = _own(request_id)
    try:
        clients().requests.WithdrawRequest(
            WithdrawRequestRequest(request_id=form.request_id.data, id=found.id)
        )
    except FailedPrecondition:
        flash(_("This request can no longer be withdrawn."), "warning")
    else:
        flash(_("Your request is withdrawn. Nothing happens to your data."), "success")
    return redirect(url_for("rights.request_page", request_id=request_id), code=303)


@login_required
def document(request_id: uuid.UUID, kind: str) -> ResponseReturnValue:
    """GET /rights/requests/<id>/document.<json|pdf|zip|vcf>"""
    if kind not in _FORMATS:
        abort(404)
    found = _own(request_id)
    answer = clients().requests.GetDocument(GetDocumentRequest(id=found.id, format=_FORMATS[kind]))
    response = Response(answer.content, mimetype=answer.media_type)
    response.headers.set("Content-Disposition", "attachment", filename=answer.file_name)
    return response


def ask(kind: RequestKind.ValueType, form: Form | None = None, **wish: object) -> ResponseReturnValue:
    """Makes the request and shows it; `wish` is what its kind needs beside."""
    form = form or Form()
    if not form.validate_on_submit():
        abort(400)
    wanted = CreateRequestRequest(
        request_id=form.request_id.data,
        contact_id=own_contact().id,
        kind=kind,
        language=str(get_locale()),
        **wish,  # type: ignore[arg-type]
    )
    try:
        made = clients().requests.CreateRequest(wanted).id
    except ResourceExhausted as error:
        if error.reason != "TOO_MANY_REQUESTS":
            raise
        return render_template("rights/too_many.html"), 429
    except FailedPrecondition as error:
        # Who asks twice wants to see how the first one stands.
        made = error.metadata.get("id", "")
        if not made:
            raise
        if error.reason == "ERASURE_RUNS":
            flash(_("Your data is being erased. There is nothing left to copy."), "info")
        else:
            flash(_("You have asked for this already. Here you see how it stands."), "info")
    return redirect(url_for("rights.request_page", request_id=made), code=303)


def _own(request_id: uuid.UUID) -> Request:
    found = clients().requests.GetRequest(GetRequestRequest(id=str(request_id)))
    login = current_login()
    if login is not None and login.roles & STAFF_ROLES and found.contact_id != own_contact().id:
        # Somebody with a staff role may reach any request; here everybody has the own ones. To others the
        # service shows only what their login has asked for, also when the contact is long erased.
        abort(404)
    return found


def _ends_copy(found: Request) -> bool:
    """Whether confirming this erasure ends an open request for a copy, or for data to take along."""
    if found.state != REQUEST_STATE_PLANNED:
        return False
    asked = ListRequestsRequest(contact_id=found.contact_id, open=True, page_size=50)
    open_ones = clients().requests.ListRequests(asked).requests
    return any(entry.kind in _END_WITH_ERASURE for entry in open_ones)


def _shown(request_id: uuid.UUID) -> dict[str, object]:
    found = _own(request_id)
    return {
        "entry": found,
        "due": _day(found.due_date),
        "suspended": _day(found.suspended_due_date),
        "extension": EXTENSIONS.get(found.extension, ""),
        "refusal": REFUSALS.get(found.refusal, ""),
        "decide_by": _day(found.decide_by),
        "unconfirmed": any(step.reason == NOT_CONFIRMED for step in found.transitions),
        "moving": found.state in _MOVING,
        "erasure": found.kind == REQUEST_KIND_ERASURE,
        "portability": found.kind == REQUEST_KIND_PORTABILITY,
        "copy": found.kind in _COPIES,
        "steps": STEPS.get(found.kind, STEPS[REQUEST_KIND_ACCESS]),
        "done": done(found),
        "corrections": [(vocabulary.column(each.field), each) for each in _corrections(found)],
        "recipients": [(each, str(WAYS.get(each.how, ""))) for each in found.recipients],
        "planned": found.state == REQUEST_STATE_PLANNED,
        "completed": found.state == REQUEST_STATE_COMPLETED,
        "partial": found.state == REQUEST_STATE_PARTIALLY_FULFILLED,
        "kept_until": _day(found.kept_until),
        "ended": found.state in _ENDED,
        "ready": [name for name, number in _FORMATS.items() if number in found.documents],
        "ends_copy": _ends_copy(found),
        "step": _step(found),
        "summary": summarise(found.plans),
        "plans": [
            (
                holder_words(plan.holder)[0],
                [(vocabulary.dataset(item.dataset), item) for item in _readable_first(plan)],
                plan.executed,
            )
            for plan in sorted(found.plans, key=lambda plan: _order(plan.holder))
        ],
        "waiting_for": [holder_words(holder)[0] for holder in found.waiting_for],
        "form": Form(),
    }


def _corrections(found: Request) -> list[Correction]:
    if found.kind != REQUEST_KIND_RECTIFICATION:
        return []
    asked = GetCorrectionsRequest(id=found.id)
    return list(clients().requests.GetCorrections(asked).corrections)


def _day(iso: str) -> date | None:
    return date.fromisoformat(iso) if iso else None


def _readable_first(plan: HolderPlan) -> list[PlanItem]:
    """What a person knows comes before logs and copies; what has no rows is left out."""
    items = [item for item in plan.items if item.rows]
    return sorted(items, key=lambda item: item.dataset in vocabulary.TECHNICAL)


def _order(holder: str) -> int:
    """The same order of parts on every page."""
    return HOLDERS.index(holder) if holder in HOLDERS else len(HOLDERS)


def _step(found: Request) -> int:
    """Where the request stands on the page's steps."""
    if found.kind == REQUEST_KIND_ERASURE:
        order = {REQUEST_STATE_PLANNED: 1, REQUEST_STATE_EXECUTING: 2, REQUEST_STATE_COMPLETED: 4}
        return order.get(found.state, 0)
    if found.kind == REQUEST_KIND_RECTIFICATION:
        return {REQUEST_STATE_EXECUTING: 2, REQUEST_STATE_COMPLETED: 4}.get(found.state, 1)
    return 3 if found.state == REQUEST_STATE_COMPLETED else 1


blueprint.add_url_rule("/rights", "overview", overview)
blueprint.add_url_rule("/rights/copy", "ask_copy", ask_copy, methods=["POST"])
blueprint.add_url_rule("/rights/portability", "take_along", take_along, methods=["POST"])
blueprint.add_url_rule("/rights/erasure", "erasure", erasure, methods=["GET", "POST"])
_ONE = "/rights/requests/<uuid:request_id>"
blueprint.add_url_rule(_ONE, "request_page", request_page)
blueprint.add_url_rule(f"{_ONE}/part", "request_part", request_part)
blueprint.add_url_rule(f"{_ONE}/confirm", "confirm", confirm, methods=["POST"])
blueprint.add_url_rule(f"{_ONE}/withdraw", "withdraw", withdraw, methods=["POST"])
blueprint.add_url_rule(f"{_ONE}/document.<kind>", "document", document)
