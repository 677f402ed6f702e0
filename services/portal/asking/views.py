"""Asking without a login: one answer for every address, and the code that shows whose it is."""

from __future__ import annotations

import uuid

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _
from kontor.privacy.v1.askings_pb2 import ConfirmAskingRequest

from kernel.errors import InvalidArgument, ResourceExhausted
from kernel.web.access import public
from kernel.web.forms import new_request_id
from services.portal.asking.forms import PublicAsking
from services.portal.clients import clients
from services.portal.identity.forms import Code

blueprint = Blueprint("asking", __name__)


@public
def ask() -> ResponseReturnValue:
    """GET, POST /your-rights"""
    form = PublicAsking()
    problems: list[str] = []
    if form.validate_on_submit():
        try:
            # A machine gets the same answer as a person, and nothing happens.
            if not form.website.data:
                client = request.remote_addr or ""
                clients().askings.Ask(form.command(language=str(get_locale()), client=client))
        except InvalidArgument as error:
            problems = form.take_errors(error.violations) or [_("Please check what you entered.")]
            # Nothing was done under this id: what is mended is another command.
            form.request_id.data = new_request_id()
        except ResourceExhausted:
            return render_template("asking/too_many.html"), 429
        else:
            return redirect(url_for("asking.sent"), code=303)
    page = render_template("asking/ask.html", form=form, problems=problems)
    return page, 400 if request.method == "POST" else 200


@public
def sent() -> ResponseReturnValue:
    """GET /your-rights/sent: the same page for every address."""
    return render_template("asking/sent.html")


@public
def confirm(asking_id: uuid.UUID) -> ResponseReturnValue:
    """GET, POST /your-rights/<asking>: the page is the same for every link, and so is what it says of a wrong code."""
    form = Code()
    problems: list[str] = []
    if form.validate_on_submit():
        answer = clients().askings.ConfirmAsking(
            ConfirmAskingRequest(
                request_id=form.request_id.data, asking_id=str(asking_id), code=form.code.data
            )
        )
        if answer.accepted:
            return render_template("asking/accepted.html")
        # With an id of its own: the next code is another command.
        form = Code(formdata=None)
        problems = [_("This code does not work here: it is another one, was used, or is too old.")]
    page = render_template("asking/confirm.html", form=form, problems=problems)
    return page, 400 if request.method == "POST" else 200


blueprint.add_url_rule("/your-rights", "ask", ask, methods=["GET", "POST"])
blueprint.add_url_rule("/your-rights/sent", "sent", sent)
blueprint.add_url_rule("/your-rights/<uuid:asking_id>", "confirm", confirm, methods=["GET", "POST"])
