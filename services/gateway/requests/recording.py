"""Recording a request for somebody who wrote, called or came by: whose it is, which right, and how it came."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _
from kontor.contacts.v1.contacts_pb2 import Contact, GetContactRequest, ListContactsRequest
from kontor.options.v1.options_pb2 import RestrictionGround
from kontor.privacy.v1.holder_pb2 import (
    REQUEST_KIND_ACCESS,
    REQUEST_KIND_ERASURE,
    REQUEST_KIND_OBJECTION,
    REQUEST_KIND_PORTABILITY,
    REQUEST_KIND_RECTIFICATION,
    REQUEST_KIND_RESTRICTION,
    REQUEST_KIND_WITHDRAWAL,
    RequestKind,
)
from kontor.privacy.v1.privacy_pb2 import CreateRequestRequest, ObjectionScope

from kernel.errors import FailedPrecondition, InvalidArgument
from kernel.web.corrections import corrections_in, standing
from services.gateway.clients import clients
from services.gateway.requests.forms import (
    IN_DOUBT,
    Correcting,
    Objecting,
    Reception,
    Restricting,
    Withdrawing,
)
from services.gateway.requests.views import blueprint
from services.gateway.session import opens_with

_HITS = 20
_KINDS = {
    "access": REQUEST_KIND_ACCESS,
    "rectification": REQUEST_KIND_RECTIFICATION,
    "erasure": REQUEST_KIND_ERASURE,
    "restriction": REQUEST_KIND_RESTRICTION,
    "portability": REQUEST_KIND_PORTABILITY,
    "objection": REQUEST_KIND_OBJECTION,
    "withdrawal": REQUEST_KIND_WITHDRAWAL,
}
_FORMS: dict[int, type[Reception]] = {
    REQUEST_KIND_RECTIFICATION: Correcting,
    REQUEST_KIND_RESTRICTION: Restricting,
    REQUEST_KIND_OBJECTION: Objecting,
    REQUEST_KIND_WITHDRAWAL: Withdrawing,
}


@opens_with("Requests.CreateRequest", "Contacts.ListContacts")
def find() -> ResponseReturnValue:
    """GET /requests/find?q=: a letter has come; whose is it?"""
    query = request.args.get("q", "").strip()[:200]
    found = (
        clients().contacts.ListContacts(ListContactsRequest(query=query, page_size=_HITS)) if query else None
    )
    return render_template("requests/find.html", query=query, found=found, most=_HITS)


@opens_with("Requests.CreateRequest", "Contacts.GetContact")
def create() -> ResponseReturnValue:
    """GET, POST /requests/new?contact_id=&kind=: without a kind the page asks which right it is."""
    wanted = request.args.get("contact_id", "")
    contact = clients().contacts.GetContact(GetContactRequest(contact_id=wanted))
    name = request.args.get("kind", "")
    if not name:
        return render_template("requests/kinds.html", contact=contact, kinds=_KINDS)
    kind = _KINDS.get(name) or abort(404)
    form = _form(kind, contact)
    if form.validate_on_submit():
        wish = _wish(form, contact)
        if wish is None:
            form.other.errors = [_("Nothing is different from what we hold. Please change what is wrong.")]
            return _create_page(contact, form, kind), 400
        try:
            created = clients().requests.CreateRequest(_noted(form, contact, kind, wish))
        except InvalidArgument as error:
            if "receive_date" not in error.violations:
                raise
            form.receive_date.errors = [_("Please enter a day that is not in the future.")]
            return _create_page(contact, form, kind), 400
        except FailedPrecondition as error:
            return _in_the_way(error, contact.id)
        flash(_("The request is recorded. The legal clock runs."), "success")
        return redirect(url_for("requests.detail", request_id=created.id), code=303)
    return _create_page(contact, form, kind), 400 if form.is_submitted() else 200


def _form(kind: int, contact: Contact) -> Reception:
    chosen = _FORMS.get(kind, Reception)
    if chosen is Correcting:
        return Correcting(data=standing(contact))
    return chosen()


def _wish(form: Reception, contact: Contact) -> dict[str, Any] | None:
    """What the kind needs beside; None if a correction corrects nothing."""
    if isinstance(form, Restricting):
        return {"ground": RestrictionGround.ValueType(int(form.ground.data))}
    if isinstance(form, Objecting):
        return {"objection": ObjectionScope.ValueType(int(form.scope.data))}
    if not isinstance(form, Correcting):
        return {}
    said = corrections_in(form, contact)
    return {"corrections": said} if said else None


def _noted(
    form: Reception, contact: Contact, kind: RequestKind.ValueType, wish: dict[str, Any]
) -> CreateRequestRequest:
    doubt = form.vouched_by.data == IN_DOUBT
    return CreateRequestRequest(
        request_id=form.request_id.data,
        contact_id=contact.id,
        kind=kind,
        language=contact.language or str(get_locale()),
        channel=form.channel.data,
        receive_date=form.receive_date.data.isoformat() if form.receive_date.data else "",
        vouched_by="" if doubt else form.vouched_by.data,
        in_doubt=doubt,
        **wish,
    )


def _create_page(contact: Contact, form: Reception, kind: RequestKind.ValueType) -> str:
    name = next(name for name, number in _KINDS.items() if number == kind)
    return render_template("requests/create.html", contact=contact, form=form, kind=name)


def _in_the_way(error: FailedPrecondition, contact_id: str) -> ResponseReturnValue:
    """Why nothing new was recorded, and the request that is the reason; the contact if that has just ended."""
    if error.reason == "ERASURE_RUNS":
        flash(_("This person's data is being erased. There is nothing left to copy."), "warning")
    elif error.reason == "REQUEST_OPEN":
        flash(_("Such a request is open already. The legal clock of the first one counts."), "warning")
    else:
        raise error
    other = error.metadata.get("id")
    target = (
        url_for("requests.detail", request_id=other)
        if other
        else url_for("contacts.detail", contact_id=contact_id)
    )
    return redirect(target, code=303)


blueprint.add_url_rule("/requests/find", "find", find)
blueprint.add_url_rule("/requests/new", "create", create, methods=["GET", "POST"])
