"""Requests of data subjects: due dates, plans in plain words, the word to erase, the answer."""

from __future__ import annotations

import uuid
from datetime import date

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from kontor.privacy.v1.askings_pb2 import GetAskingMessageRequest
from kontor.privacy.v1.farewells_pb2 import ErasedPerson, GetErasedPersonRequest
from kontor.privacy.v1.holder_pb2 import (
    REQUEST_KIND_ACCESS,
    REQUEST_KIND_ERASURE,
    REQUEST_KIND_OBJECTION,
    REQUEST_KIND_PORTABILITY,
    REQUEST_KIND_RECTIFICATION,
    REQUEST_KIND_RESTRICTION,
)
from kontor.privacy.v1.privacy_pb2 import (
    DOCUMENT_FORMAT_CSV,
    DOCUMENT_FORMAT_JSON,
    DOCUMENT_FORMAT_PDF,
    DOCUMENT_FORMAT_VCARD,
    OBJECTION_SCOPE_PROCESSING,
    REQUEST_ORDER_DUE,
    REQUEST_ORDER_NEWEST,
    REQUEST_STATE_COMPLETED,
    REQUEST_STATE_PARTIALLY_FULFILLED,
    REQUEST_STATE_PLANNED,
    ConfirmRequestRequest,
    Correction,
    GetCorrectionsRequest,
    GetDocumentRequest,
    GetRequestRequest,
    ListRequestsRequest,
    Request,
    RetryRequestRequest,
    WithdrawRequestRequest,
)

from kernel.errors import FailedPrecondition, NotFound
from kernel.web.access import polled
from kernel.web.forms import Form
from kernel.web.paging import page_links
from services.gateway import people
from services.gateway.clients import clients
from services.gateway.labels import HOLD_REASONS, HOLDERS, word
from services.gateway.request_labels import NOT_CONFIRMED, RECIPIENT_WAYS
from services.gateway.requests.deadline import ENDED, due
from services.gateway.requests.forms import Settlement, Word
from services.gateway.requests.plans import consequences, in_words, totals
from services.gateway.session import may, opens_with

blueprint = Blueprint("requests", __name__)

_PAGE = 100
# Done at once here; the law wants the recipients told of it without delay.
_TOLD_AFTERWARDS = {REQUEST_KIND_ERASURE, REQUEST_KIND_RESTRICTION}
_COPIES = {REQUEST_KIND_ACCESS, REQUEST_KIND_PORTABILITY}
_FORMATS = {
    "json": DOCUMENT_FORMAT_JSON,
    "pdf": DOCUMENT_FORMAT_PDF,
    "zip": DOCUMENT_FORMAT_CSV,
    "vcf": DOCUMENT_FORMAT_VCARD,
}


@opens_with("Requests.ListRequests")
def index() -> ResponseReturnValue:
    """GET /requests?all=yes|recipients=untold: of all the newest comes first, else the one that is due first.

    What is done while a recipient of the data has not heard of it yet has a list of its own (Art. 19 GDPR).
    """
    everything = request.args.get("all") == "yes"
    untold = request.args.get("recipients") == "untold"
    token = request.args.get("page_token", "")
    answer = clients().requests.ListRequests(
        ListRequestsRequest(
            open=not everything and not untold,
            recipients_untold=untold,
            order=REQUEST_ORDER_NEWEST if everything else REQUEST_ORDER_DUE,
            page_size=_PAGE,
            page_token=token,
        )
    )
    return render_template(
        "requests/index.html",
        entries=[due(entry) for entry in answer.requests],
        contacts=people.by_id(entry.contact_id for entry in answer.requests),
        everything=everything,
        untold=untold,
        **page_links(
            "requests.index",
            answer.next_page_token,
            all="yes" if everything else None,
            recipients="untold" if untold else None,
        ),
    )


@opens_with("Requests.GetRequest")
def detail(request_id: uuid.UUID) -> ResponseReturnValue:
    """GET /requests/<id>"""
    found = _get(request_id)
    return render_template("requests/detail.html", **_shown(found), **_person(found))


@polled
@opens_with("Requests.GetRequest")
def state(request_id: uuid.UUID) -> ResponseReturnValue:
    """GET /requests/<id>/state: the fragment that draws itself again until the request has ended."""
    found = _get(request_id)
    # Each question for a name is a read of personal data; the page around shows it until nothing moves any more.
    person = _person(found) if found.state in ENDED else {}
    return render_template("requests/state.html", **_shown(found), **person)


@opens_with("Requests.ConfirmRequest")
def confirm(request_id: uuid.UUID) -> ResponseReturnValue:
    """GET, POST /requests/<id>/confirm: the word that starts an erasure; for the person's own, how it was said."""
    found = _get(request_id)
    form = Word()
    if form.validate_on_submit():
        try:
            clients().requests.ConfirmRequest(
                ConfirmRequestRequest(
                    request_id=form.request_id.data, id=found.id, word_by=form.word_by.data or ""
                )
            )
        except FailedPrecondition as error:
            if error.reason == "ONLY_THE_PERSON":
                form.word_by.errors = [_("Please choose how the person has said so.")]
                return _confirm_page(found, form, 400)
            flash(_("This request is in another state by now. Nothing was started twice."), "message")
        return redirect(url_for("requests.detail", request_id=found.id), code=303)
    if found.state != REQUEST_STATE_PLANNED:
        return redirect(url_for("requests.detail", request_id=found.id))
    return _confirm_page(found, form)


@opens_with("Requests.WithdrawRequest")
def withdraw(request_id: uuid.UUID) -> ResponseReturnValue:
    """POST /requests/<id>/withdraw: somebody for whom staff recorded it has changed their mind."""
    form = Form()
    if form.validate_on_submit():
        try:
            clients().requests.WithdrawRequest(
                WithdrawRequestRequest(request_id=form.request_id.data, id=str(request_id))
            )
        except FailedPrecondition:
            flash(_("This request can no longer be withdrawn."), "warning")
        else:
            flash(_("The request is withdrawn. Nothing happens to the data."), "success")
    return redirect(url_for("requests.detail", request_id=request_id), code=303)


@opens_with("Requests.RetryRequest")
def retry(request_id: uuid.UUID) -> ResponseReturnValue:
    """POST /requests/<id>/retry: now, and not only after the pause."""
    form = Form()
    if form.validate_on_submit():
        try:
            clients().requests.RetryRequest(
                RetryRequestRequest(request_id=form.request_id.data, id=str(request_id))
            )
        except FailedPrecondition:
            flash(_("This request goes on already."), "message")
        else:
            flash(_("It is being tried again."), "success")
    return redirect(url_for("requests.detail", request_id=request_id), code=303)


@opens_with("Requests.GetDocument")
def document(request_id: uuid.UUID, form: str) -> ResponseReturnValue:
    """GET /requests/<id>/document.<pdf|json|zip|vcf>: copy of the data, data to take along, or certificate."""
    chosen = _FORMATS.get(form) or abort(404)
    found = clients().requests.GetDocument(GetDocumentRequest(id=str(request_id), format=chosen))
    answer = Response(found.content, mimetype=found.media_type)
    answer.headers.set("Content-Disposition", "attachment", filename=found.file_name)
    return answer


def _confirm_page(found: Request, form: Word, status: int = 200) -> ResponseReturnValue:
    asked = ListRequestsRequest(contact_id=found.contact_id, open=True, page_size=_PAGE)
    others = clients().requests.ListRequests(asked).requests
    ends_copy = any(other.kind in _COPIES for other in others)
    page = render_template(
        "requests/confirm.html",
        form=form,
        consequences=consequences(found, ends_copy=ends_copy),
        **_shown(found),
        **_person(found),
    )
    return page, status


def _get(request_id: uuid.UUID) -> Request:
    return clients().requests.GetRequest(GetRequestRequest(id=str(request_id)))


def corrections(found: Request) -> list[Correction]:
    """What a rectification says is wrong."""
    if found.kind != REQUEST_KIND_RECTIFICATION:
        return []
    asked = GetCorrectionsRequest(id=found.id)
    return list(clients().requests.GetCorrections(asked).corrections)


def message(found: Request) -> str:
    """What the person wrote beside a request on the page without a login."""
    if found.channel != "public-page":
        return ""
    return clients().askings.GetAskingMessage(GetAskingMessageRequest(id=found.id)).message


def _person(found: Request) -> dict[str, object]:
    return {"contact": people.by_id([found.contact_id]).get(found.contact_id)}


def _shown(found: Request) -> dict[str, object]:
    return {
        "found": found,
        "due": due(found),
        "waiting": [word(HOLDERS, holder) for holder in found.waiting_for],
        "plans": in_words(found),
        "totals": totals(found),
        "ended": found.state in ENDED,
        "stopped": word(HOLD_REASONS, found.hold_reason)
        if found.state == REQUEST_STATE_PARTIALLY_FULFILLED and found.hold_reason
        else "",
        # What is partially fulfilled has its certificate, too; what a hold has stopped has none.
        "completed": found.state == REQUEST_STATE_COMPLETED
        or (found.state == REQUEST_STATE_PARTIALLY_FULFILLED and bool(found.documents)),
        "decide_by": date.fromisoformat(found.decide_by) if found.decide_by else None,
        "suspended": date.fromisoformat(found.suspended_due_date) if found.suspended_due_date else None,
        "unconfirmed": any(step.reason == NOT_CONFIRMED for step in found.transitions),
        "ready": [name for name, number in _FORMATS.items() if number in found.documents],
        "planned": found.state == REQUEST_STATE_PLANNED,
        "erasure": found.kind == REQUEST_KIND_ERASURE,
        "portability": found.kind == REQUEST_KIND_PORTABILITY,
        "files": found.kind in _COPIES or found.kind == REQUEST_KIND_ERASURE,
        **_by_staff(found),
    }


def _by_staff(found: Request) -> dict[str, object]:
    """What a person has to do for this kind of request, and what is noted of it."""
    running = found.state not in ENDED and not found.doubted
    weighed = any(step.reason == "weighing-grounds" for step in found.transitions)
    corrected = any(step.reason == "corrected" for step in found.transitions)
    return {
        "rectification": found.kind == REQUEST_KIND_RECTIFICATION,
        "corrections": corrections(found),
        "message": message(found),
        "to_correct": running and found.kind == REQUEST_KIND_RECTIFICATION and not corrected,
        "to_weigh": running and found.kind == REQUEST_KIND_OBJECTION and weighed,
        "refusable": found.withdrawable or (running and found.objection == OBJECTION_SCOPE_PROCESSING),
        **_recipients(found, running=running),
    }


def _recipients(found: Request, *, running: bool) -> dict[str, object]:
    """Who has to hear of it. An erasure is complete before they do: so they are told after it has ended."""
    untold = any(not each.how for each in found.recipients)
    erased = untold and found.kind == REQUEST_KIND_ERASURE and may("Farewells.GetErasedPerson")
    return {
        "recipients": [(each, word(RECIPIENT_WAYS, each.how)) for each in found.recipients],
        "settlement": Settlement() if untold and (running or found.kind in _TOLD_AFTERWARDS) else None,
        "restriction": found.kind == REQUEST_KIND_RESTRICTION,
        "to_name": _erased_person(found) if erased else None,
    }


def _erased_person(found: Request) -> ErasedPerson | None:
    try:
        return clients().farewells.GetErasedPerson(GetErasedPersonRequest(id=found.id))
    except NotFound:
        return None


blueprint.add_url_rule("/requests", "index", index)
blueprint.add_url_rule("/requests/<uuid:request_id>", "detail", detail)
blueprint.add_url_rule("/requests/<uuid:request_id>/state", "state", state)
blueprint.add_url_rule("/requests/<uuid:request_id>/confirm", "confirm", confirm, methods=["GET", "POST"])
blueprint.add_url_rule("/requests/<uuid:request_id>/withdraw", "withdraw", withdraw, methods=["POST"])
blueprint.add_url_rule("/requests/<uuid:request_id>/retry", "retry", retry, methods=["POST"])
blueprint.add_url_rule("/requests/<uuid:request_id>/document.<form>", "document", document)
