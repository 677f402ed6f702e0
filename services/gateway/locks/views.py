"""Placing and releasing a legal hold, announcing and lifting a restriction; each says first what it does."""

from __future__ import annotations

import uuid

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from kontor.contacts.v1.contacts_pb2 import GetContactRequest
from kontor.privacy.v1 import restrictions_pb2 as v1
from kontor.privacy.v1.retention_pb2 import ListHoldsRequest, PlaceHoldRequest, ReleaseHoldRequest

from kernel.errors import FailedPrecondition, InvalidArgument, NotFound
from kernel.web.forms import Form
from services.gateway.clients import clients
from services.gateway.labels import label_of_restriction
from services.gateway.locks.forms import LIFT_REASONS, Announcing, Placing
from services.gateway.session import opens_with

blueprint = Blueprint("locks", __name__)

_IN_FORCE = (v1.RESTRICTION_STATE_IN_FORCE, v1.RESTRICTION_STATE_ANNOUNCED)


@opens_with("Restrictions.ListRestrictions", "Holds.ListHolds", "Contacts.GetContact")
def overview(contact_id: uuid.UUID) -> ResponseReturnValue:
    """GET /contacts/<id>/locks"""
    return _page(contact_id, Placing(), Announcing())


@opens_with("Holds.PlaceHold")
def place(contact_id: uuid.UUID) -> ResponseReturnValue:
    """POST /contacts/<id>/locks/hold: nothing of this contact is deleted or erased, and nothing is sent."""
    form = Placing()
    if not form.validate_on_submit():
        return _page(contact_id, form, Announcing()), 400
    try:
        clients().holds.PlaceHold(
            PlaceHoldRequest(
                request_id=form.request_id.data,
                contact_id=str(contact_id),
                reason=form.reason.data,
                review_date=form.review_date.data.isoformat(),
            )
        )
    except InvalidArgument:
        form.review_date.errors = [_("Please choose a day within the next two years.")]
        return _page(contact_id, form, Announcing()), 400
    except FailedPrecondition:
        flash(_("There is a hold already. It was left as it is."), "message")
    else:
        flash(_("The hold is in force. Erasures of this person wait until it is released."), "success")
    return redirect(url_for("locks.overview", contact_id=contact_id), code=303)


@opens_with("Holds.ReleaseHold")
def release(contact_id: uuid.UUID, hold_id: uuid.UUID) -> ResponseReturnValue:
    """POST /contacts/<id>/locks/hold/<id>/release: an erasure that it stopped goes on by itself."""
    form = Form()
    if not form.validate_on_submit():
        abort(400)
    try:
        clients().holds.ReleaseHold(ReleaseHoldRequest(request_id=form.request_id.data, id=str(hold_id)))
    except NotFound:
        flash(_("This hold was released before."), "message")
    else:
        flash(_("The hold is released. What it stopped goes on by itself."), "success")
    return redirect(url_for("locks.overview", contact_id=contact_id), code=303)


@opens_with("Restrictions.AnnounceLifting")
def announce(contact_id: uuid.UUID, restriction_id: uuid.UUID) -> ResponseReturnValue:
    """POST /contacts/<id>/locks/restrictions/<id>/announce: the person is told before it ends (Art. 18(3) GDPR)."""
    form = Announcing()
    if not form.validate_on_submit():
        return _page(contact_id, Placing(), form), 400
    try:
        clients().restrictions.AnnounceLifting(
            v1.AnnounceLiftingRequest(
                request_id=form.request_id.data,
                id=str(restriction_id),
                lift_date=form.lift_date.data.isoformat(),
                reason=form.reason.data,
            )
        )
    except InvalidArgument:
        form.lift_date.errors = [
            _("Please choose a day after today: who is told today needs time to answer.")
        ]
        return _page(contact_id, Placing(), form), 400
    except FailedPrecondition:
        flash(_("This restriction is not in force. Nothing was changed."), "warning")
    else:
        flash(_("The person sees in the portal when and why the restriction ends."), "success")
    return redirect(url_for("locks.overview", contact_id=contact_id), code=303)


@opens_with("Restrictions.LiftRestriction")
def lift(contact_id: uuid.UUID, restriction_id: uuid.UUID) -> ResponseReturnValue:
    """POST /contacts/<id>/locks/restrictions/<id>/lift: not before the day that the person was told."""
    form = Form()
    if not form.validate_on_submit():
        abort(400)
    try:
        clients().restrictions.LiftRestriction(
            v1.LiftRestrictionRequest(request_id=form.request_id.data, id=str(restriction_id))
        )
    except FailedPrecondition:
        flash(_("It cannot be lifted yet: the person was told a later day, or not told at all."), "warning")
    else:
        flash(_("The restriction is being lifted in every service."), "success")
    return redirect(url_for("locks.overview", contact_id=contact_id), code=303)


def _page(contact_id: uuid.UUID, placing: Placing, announcing: Announcing) -> str:
    named = str(contact_id)
    holds = clients().holds.ListHolds(ListHoldsRequest(contact_id=named)).holds
    asked = v1.ListRestrictionsRequest(contact_id=named, all=True)
    restrictions = clients().restrictions.ListRestrictions(asked).restrictions
    return render_template(
        "locks/index.html",
        contact=clients().contacts.GetContact(GetContactRequest(contact_id=named)),
        hold=holds[0] if holds else None,
        restrictions=[(each, label_of_restriction(each.state)) for each in restrictions],
        open_ones=[each for each in restrictions if each.state in _IN_FORCE],
        announced=v1.RESTRICTION_STATE_ANNOUNCED,
        lift_reasons=LIFT_REASONS,
        placing=placing,
        announcing=announcing,
    )


_ALL = "/contacts/<uuid:contact_id>/locks"
blueprint.add_url_rule(_ALL, "overview", overview)
blueprint.add_url_rule(f"{_ALL}/hold", "place", place, methods=["POST"])
blueprint.add_url_rule(f"{_ALL}/hold/<uuid:hold_id>/release", "release", release, methods=["POST"])
_ONE = f"{_ALL}/restrictions/<uuid:restriction_id>"
blueprint.add_url_rule(f"{_ONE}/announce", "announce", announce, methods=["POST"])
blueprint.add_url_rule(f"{_ONE}/lift", "lift", lift, methods=["POST"])
