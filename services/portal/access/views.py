"""Who can see this: the logins of one's record, how one of them is ended, and how an invitation is taken up."""

from __future__ import annotations

import uuid

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from kontor.contacts.v1.logins_pb2 import (
    INVITATION_STATE_PLANNED,
    INVITATION_STATE_SENT,
    LOGIN_VISIBILITY_ORGANISATION,
    AcceptInvitationRequest,
    ListLoginsRequest,
    ListLoginsResponse,
    RemoveLoginRequest,
)

from kernel.errors import AlreadyExists, FailedPrecondition, InvalidArgument, NotFound
from kernel.web.access import login_required, public
from kernel.web.forms import Form
from kernel.web.login import current_login
from services.portal.clients import clients
from services.portal.session import own_contact

blueprint = Blueprint("access", __name__)

_OPEN = (INVITATION_STATE_PLANNED, INVITATION_STATE_SENT)


@login_required
def overview() -> ResponseReturnValue:
    """GET /access"""
    doors = _doors()
    return render_template(
        "access/overview.html",
        logins=doors.logins,
        opened=[one for one in doors.logins if one.visibility == LOGIN_VISIBILITY_ORGANISATION],
        invitations=[one for one in doors.invitations if one.state in _OPEN],
        watchers=doors.watchers,
    )


@login_required
def remove(login_id: uuid.UUID) -> ResponseReturnValue:
    """GET, POST /access/<login>/remove: another login of the same record sees nothing from then on."""
    login = next((one for one in _doors().logins if one.id == str(login_id) and not one.own), None)
    if login is None:
        abort(404)
    form = Form()
    if form.validate_on_submit():
        clients().logins.RemoveLogin(
            RemoveLoginRequest(
                request_id=form.request_id.data, contact_id=own_contact().id, login_id=login.id
            )
        )
        flash(_("The access has ended."), "success")
        return redirect(url_for("access.overview"), code=303)
    return render_template("access/remove.html", login=login)


@public
def invitation(token: str) -> ResponseReturnValue:
    """GET /invitation/<token>: scanners of mail programs open links, so this uses nothing up."""
    return render_template("access/invitation.html", token=token, form=Form(), login=current_login())


@login_required
def accept(token: str) -> ResponseReturnValue:
    """POST /invitation/<token>: joins the visitor's login to the record that the invitation is for."""
    form = Form()
    if not form.validate_on_submit():
        abort(400)
    try:
        clients().logins.AcceptInvitation(
            AcceptInvitationRequest(request_id=form.request_id.data, token=token)
        )
    except AlreadyExists:
        return render_template("access/taken.html"), 409
    except FailedPrecondition:
        return render_template("access/dead_link.html", known=True), 410
    except (NotFound, InvalidArgument):
        return render_template("access/dead_link.html", known=False), 404
    flash(_("Your login is set up. You see everything from now on."), "success")
    return redirect(url_for("home.start"), code=303)


def _doors() -> ListLoginsResponse:
    return clients().logins.ListLogins(ListLoginsRequest(contact_id=own_contact().id))


blueprint.add_url_rule("/access", "overview", overview)
blueprint.add_url_rule("/access/<uuid:login_id>/remove", "remove", remove, methods=["GET", "POST"])
blueprint.add_url_rule("/invitation/<token>", "invitation", invitation)
blueprint.add_url_rule("/invitation/<token>", "accept", accept, methods=["POST"])
