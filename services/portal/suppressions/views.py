"""The own addresses on the suppression list: since when, why, what that prevents, and how one is taken off."""

from __future__ import annotations

import uuid

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from kontor.privacy.v1.own_suppressions_pb2 import LiftOwnSuppressionRequest, ListOwnSuppressionsRequest
from kontor.privacy.v1.privacy_pb2 import CHANNEL_EMAIL, CHANNEL_LETTER, CHANNEL_PHONE, CHANNEL_SMS

from kernel.errors import FailedPrecondition, NotFound
from kernel.web.access import login_required
from kernel.web.forms import Form
from services.portal.clients import clients
from services.portal.session import own_contact

blueprint = Blueprint("suppressions", __name__)

# What an entry stops, by the channel that it stands for.
PREVENTS = {
    CHANNEL_EMAIL: _l("No advertising by e-mail, and nobody can enter this address anew."),
    CHANNEL_PHONE: _l("No advertising by phone."),
    CHANNEL_SMS: _l("No advertising by text message."),
    CHANNEL_LETTER: _l("No advertising by letter."),
}
WHY = {
    "erasure": _l("You had your data erased. So that nobody enters it anew, the address stays blocked."),
    "objection": _l("You objected to advertising."),
    "import": _l("It stood on a list of people who want no advertising, which we have taken over."),
    "bounce": _l("Mails to this address came back, or were reported as unwanted."),
    "staff": _l("Our staff has entered it for another reason."),
}
# Why an entry is not taken off here, and what helps instead.
OBSTACLES = {
    "not-proven": _l(
        "Here you can only take off the address that your login has confirmed. "
        "For another one, log in with it, or write to us."
    ),
    "bounce": _l(
        "A click does not make mails arrive. Tell us another address, or write to us that this one works again."
    ),
    "staff": _l("Only our staff can take it off. Please write to us: they tell you the reason."),
}


@login_required
def overview() -> ResponseReturnValue:
    """GET /suppressions"""
    asked = ListOwnSuppressionsRequest(contact_id=own_contact().id)
    found = clients().own_suppressions.ListOwnSuppressions(asked).suppressions
    return render_template(
        "suppressions/overview.html",
        entries=found,
        prevents=PREVENTS,
        why=WHY,
        obstacles=OBSTACLES,
        mail=CHANNEL_EMAIL,
    )


@login_required
def lift(entry_id: uuid.UUID) -> ResponseReturnValue:
    """POST /suppressions/<entry>/lift: the wish to be taken off. It is no consent, and the page says so."""
    form = Form()
    if not form.validate_on_submit():
        abort(400)
    wish = LiftOwnSuppressionRequest(
        request_id=form.request_id.data, contact_id=own_contact().id, id=str(entry_id)
    )
    try:
        clients().own_suppressions.LiftOwnSuppression(wish)
    except NotFound:
        flash(_("This address is not on the list any more. Nothing was changed."), "info")
    except FailedPrecondition:
        flash(_("This address cannot be taken off here. Please write to us."), "warning")
    else:
        flash(
            _("Your address is off the list. You receive no advertising unless you order it: choose below."),
            "success",
        )
        return redirect(url_for("preferences.own"), code=303)
    return redirect(url_for("suppressions.overview"), code=303)


blueprint.add_url_rule("/suppressions", "overview", overview)
blueprint.add_url_rule("/suppressions/<uuid:entry_id>/lift", "lift", lift, methods=["POST"])
