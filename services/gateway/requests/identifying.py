"""Asking for a code that shows who asks; the person enters it in the portal."""

from __future__ import annotations

import uuid

from flask import abort, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from kontor.privacy.v1.identity_pb2 import SendIdentityCodeRequest

from kernel.errors import FailedPrecondition, ResourceExhausted
from kernel.web.forms import Form
from services.gateway.clients import clients
from services.gateway.requests.views import blueprint
from services.gateway.session import opens_with


@opens_with("IdentityChecks.SendIdentityCode")
def send_code(request_id: uuid.UUID) -> ResponseReturnValue:
    """POST /requests/<id>/code: a mail to the address on file, never to one that came with the request."""
    form = Form()
    if not form.validate_on_submit():
        abort(400)
    try:
        clients().identity_checks.SendIdentityCode(
            SendIdentityCodeRequest(request_id=form.request_id.data, id=str(request_id))
        )
    except FailedPrecondition:
        flash(_("Nobody doubts the identity here any more."), "warning")
    except ResourceExhausted:
        flash(_("Five codes were sent for this request today. Please check the address on file."), "warning")
    else:
        flash(
            _("A code goes to the address on file. When the person has entered it, the request goes on."),
            "success",
        )
    return redirect(url_for("requests.detail", request_id=request_id), code=303)


blueprint.add_url_rule("/requests/<uuid:request_id>/code", "send_code", send_code, methods=["POST"])
