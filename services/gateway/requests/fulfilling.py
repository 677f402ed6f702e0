"""What staff does itself for a request: correct the data, end what was objected to, tell the recipients."""

from __future__ import annotations

import uuid
from typing import Any

from flask import abort, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from google.protobuf.field_mask_pb2 import FieldMask
from kontor.contacts.v1.contacts_pb2 import Contact, UpdateContactRequest
from kontor.privacy.v1.privacy_pb2 import (
    FulfilRequestRequest,
    GetRequestRequest,
    Request,
    SettleRecipientRequest,
)

from kernel.errors import DomainError, FailedPrecondition
from kernel.ids import derived_id
from kernel.web.corrections import CORRECTABLE
from kernel.web.forms import Form
from services.gateway.clients import clients
from services.gateway.requests.forms import Settlement
from services.gateway.requests.views import blueprint, corrections
from services.gateway.session import opens_with


@opens_with("Requests.FulfilRequest", "Contacts.UpdateContact")
def take_over(request_id: uuid.UUID) -> ResponseReturnValue:
    """POST /requests/<id>/take-over: the values that the person has named are written into the record."""
    form = Form()
    if not form.validate_on_submit():
        abort(400)
    found = clients().requests.GetRequest(GetRequestRequest(id=str(request_id)))
    changed: dict[str, Any] = {
        each.field: each.after for each in corrections(found) if each.field in CORRECTABLE
    }
    if changed:
        try:
            clients().contacts.UpdateContact(_update(found, changed))
        except DomainError as error:
            flash(_refusal(error), "danger")
            return redirect(url_for("requests.detail", request_id=request_id), code=303)
    return _fulfil(request_id, form.request_id.data, _("The record is corrected."))


@opens_with("Requests.FulfilRequest")
def fulfil(request_id: uuid.UUID) -> ResponseReturnValue:
    """POST /requests/<id>/fulfil: staff has done it by hand."""
    form = Form()
    if not form.validate_on_submit():
        abort(400)
    return _fulfil(request_id, form.request_id.data, _("Noted: it is done."))


@opens_with("Requests.SettleRecipient")
def settle(request_id: uuid.UUID) -> ResponseReturnValue:
    """POST /requests/<id>/recipients: one recipient was told of the correction, or it is noted why not."""
    form = Settlement()
    if form.validate_on_submit():
        try:
            clients().requests.SettleRecipient(
                SettleRecipientRequest(
                    request_id=form.request_id.data,
                    id=str(request_id),
                    recipient=form.recipient.data,
                    how=form.how.data,
                )
            )
        except FailedPrecondition:
            flash(_("This recipient is noted already."), "message")
        else:
            flash(_("Noted for %(name)s.", name=form.recipient.data), "success")
    else:
        flash(_("Please choose how the recipient was told, or why not."), "warning")
    return redirect(url_for("requests.detail", request_id=request_id), code=303)


def _update(found: Request, changed: dict[str, Any]) -> UpdateContactRequest:
    # The same command however often it is sent: a second press changes nothing, and neither does a reload.
    return UpdateContactRequest(
        request_id=str(derived_id(uuid.UUID(found.id), "take-over")),
        contact_id=found.contact_id,
        contact=Contact(**changed),
        update_mask=FieldMask(paths=sorted(changed)),
    )


def _fulfil(request_id: uuid.UUID, command_id: str, done: str) -> ResponseReturnValue:
    try:
        clients().requests.FulfilRequest(FulfilRequestRequest(request_id=command_id, id=str(request_id)))
    except FailedPrecondition:
        flash(_("This request is in another state by now. Nothing was changed."), "warning")
    else:
        flash(done, "success")
    return redirect(url_for("requests.detail", request_id=request_id), code=303)


def _refusal(error: DomainError) -> str:
    """Why the record did not take the values; what the person has said stays in the request."""
    if error.violations:
        fields = ", ".join(sorted(error.violations))
        return str(
            _("The record does not take these values (%(fields)s). Please edit it by hand.", fields=fields)
        )
    return str(
        _("The record could not be changed (%(reason)s). Please edit it by hand.", reason=error.reason)
    )


_ONE = "/requests/<uuid:request_id>"
blueprint.add_url_rule(f"{_ONE}/take-over", "take_over", take_over, methods=["POST"])
blueprint.add_url_rule(f"{_ONE}/fulfil", "fulfil", fulfil, methods=["POST"])
blueprint.add_url_rule(f"{_ONE}/recipients", "settle", settle, methods=["POST"])
