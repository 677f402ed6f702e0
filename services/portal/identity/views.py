"""A code from a mail shows that a data protection request is this person's own; no login is needed."""

from __future__ import annotations

import uuid

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from kontor.privacy.v1.identity_pb2 import EnterIdentityCodeRequest

from kernel.web.access import public
from services.portal.clients import clients
from services.portal.identity.forms import Code

blueprint = Blueprint("identity", __name__)


@public
def enter(check_id: uuid.UUID) -> ResponseReturnValue:
    """GET, POST /identity/<check>: the page is the same for every link, and so is what it says of a wrong code."""
    form = Code()
    problems: list[str] = []
    if form.validate_on_submit():
        answer = clients().identity_checks.EnterIdentityCode(
            EnterIdentityCodeRequest(
                request_id=form.request_id.data, check_id=str(check_id), code=form.code.data
            )
        )
        if answer.accepted:
            return render_template("identity/accepted.html")
        # With an id of its own: the next code is another command.
        form = Code(formdata=None)
        problems = [_("This code does not work here: it is another one, was used, or is too old.")]
    page = render_template("identity/enter.html", form=form, problems=problems)
    return page, 400 if request.method == "POST" else 200


blueprint.add_url_rule("/identity/<uuid:check_id>", "enter", enter, methods=["GET", "POST"])
