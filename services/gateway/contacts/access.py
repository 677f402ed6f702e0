"""Who sees a contact in the portal: logins, what they see, and invitations."""

from __future__ import annotations

import uuid

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from kontor.contacts.v1.contacts_pb2 import GetContactRequest
from kontor.contacts.v1.logins_pb2 import (
    INVITATION_STATE_PLANNED,
    INVITATION_STATE_SENT,
    LOGIN_VISIBILITY_ORGANISATION,
    LOGIN_VISIBILITY_OWN,
    InviteLoginRequest,
    ListLoginsRequest,
    ListLoginsResponse,
    RemoveLoginRequest,
    RevokeInvitationRequest,
    SetLoginVisibilityRequest,
)

from kernel.errors import FailedPrecondition
from kernel.web.forms import Form
from services.gateway.clients import clients, unless_down
from services.gateway.session import may, opens_with

_OPEN = (INVITATION_STATE_PLANNED, INVITATION_STATE_SENT)


def doors(contact_id: str) -> ListLoginsResponse | None:
    """Logins and invitations of a contact; None for a role that may not see them, or if nobody answers."""
    if not may("Logins.ListLogins"):
        return None
    asked = ListLoginsRequest(contact_id=contact_id)
    return unless_down(lambda: clients().logins.ListLogins(asked))


def open_ones(found: ListLoginsResponse | None) -> dict[str, object]:
    """Of these the logins that see a whole organisation, and the invitations that still work."""
    if found is None:
        return {}
    return {
        "opened": [one for one in found.logins if one.visibility == LOGIN_VISIBILITY_ORGANISATION],
        "open_invitations": [one for one in found.invitations if one.state in _OPEN],
    }


@opens_with("Logins.InviteLogin")
def invite(contact_id: uuid.UUID) -> ResponseReturnValue:
    """POST /contacts/<id>/logins/invite: why nothing was sent is said at once."""
    form = Form()
    if form.validate_on_submit():
        asked = InviteLoginRequest(request_id=form.request_id.data, contact_id=str(contact_id))
        try:
            clients().logins.InviteLogin(asked)
        except FailedPrecondition as error:
            flash(_refusal(error.reason), "error")
        else:
            flash(_("The invitation is on its way. The link works for seven days, and once."), "success")
    return _back(contact_id)


@opens_with("Logins.RevokeInvitation")
def revoke(contact_id: uuid.UUID, invitation_id: uuid.UUID) -> ResponseReturnValue:
    """POST /contacts/<id>/logins/invitations/<invitation>/revoke"""
    form = Form()
    if form.validate_on_submit():
        asked = RevokeInvitationRequest(
            request_id=form.request_id.data, contact_id=str(contact_id), invitation_id=str(invitation_id)
        )
        try:
            clients().logins.RevokeInvitation(asked)
        except FailedPrecondition:
            flash(_("The invitation had ended already."), "message")
        else:
            flash(_("Revoked. The link no longer works."), "success")
    return _back(contact_id)


@opens_with("Logins.RemoveLogin", "Logins.ListLogins")
def remove(contact_id: uuid.UUID, login_id: uuid.UUID) -> ResponseReturnValue:
    """GET, POST /contacts/<id>/logins/<login>/remove"""
    contact = clients().contacts.GetContact(GetContactRequest(contact_id=str(contact_id)))
    listed = clients().logins.ListLogins(ListLoginsRequest(contact_id=contact.id))
    login = next((one for one in listed.logins if one.id == str(login_id)), None)
    if login is None:
        abort(404)
    form = Form()
    if form.validate_on_submit():
        clients().logins.RemoveLogin(
            RemoveLoginRequest(request_id=form.request_id.data, contact_id=contact.id, login_id=login.id)
        )
        flash(_("The login sees nothing of this contact any more."), "success")
        return _back(contact_id)
    return render_template("contacts/remove_login.html", contact=contact, login=login)


@opens_with("Logins.SetLoginVisibility")
def set_visibility(contact_id: uuid.UUID, login_id: uuid.UUID) -> ResponseReturnValue:
    """POST /contacts/<id>/logins/<login>/visibility: `to` is "organisation" or anything else for the own only."""
    form = Form()
    if form.validate_on_submit():
        opened = request.form.get("to") == "organisation"
        clients().logins.SetLoginVisibility(
            SetLoginVisibilityRequest(
                request_id=form.request_id.data,
                contact_id=str(contact_id),
                login_id=str(login_id),
                visibility=LOGIN_VISIBILITY_ORGANISATION if opened else LOGIN_VISIBILITY_OWN,
            )
        )
        if opened:
            flash(
                _("The login now sees the tickets of colleagues who act for the same organisation."),
                "success",
            )
        else:
            flash(_("The login now sees the own data only."), "success")
    return _back(contact_id)


def _refusal(reason: str) -> str:
    words = {
        "NO_ADDRESS": _("The contact has no e-mail address, so there is nowhere to send the link."),
        "ADDRESS_SUPPRESSED": _("Not sent: the address is on the suppression list."),
        "TOO_MANY_INVITATIONS": _("Five invitations are open already; revoke one first."),
    }
    return str(words.get(reason, _("The invitation could not be sent.")))


def _back(contact_id: uuid.UUID) -> ResponseReturnValue:
    return redirect(url_for("contacts.detail", contact_id=contact_id), code=303)
