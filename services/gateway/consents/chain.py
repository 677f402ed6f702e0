"""One consent from its request to its withdrawal, each record checked now; and what an erased record left."""

from __future__ import annotations

import uuid

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from kontor.privacy.v1 import consent_chains_pb2 as wire
from kontor.privacy.v1.privacy_pb2 import CONSENT_STATE_REQUESTED

from kernel.errors import FailedPrecondition, NotFound
from services.gateway import people
from services.gateway.catalogue import topics
from services.gateway.clients import clients
from services.gateway.contacts.proofs import FORMATS, MOST_PLACES, paper, tree_size
from services.gateway.labels import Label
from services.gateway.session import opens_with

LEAF_STATES = {
    wire.LEAF_STATE_PROVEN: Label(_l("proven"), "good", "shield-check"),
    wire.LEAF_STATE_WAITING: Label(_l("not signed yet"), "info", "clock"),
    wire.LEAF_STATE_DAMAGED: Label(_l("damaged"), "bad", "alert-triangle"),
    wire.LEAF_STATE_ERASED: Label(_l("erased"), "neutral", "eraser"),
}


@opens_with("ConsentChains.GetConsentChain")
def detail(consent_id: uuid.UUID) -> ResponseReturnValue:
    """GET /consents/<id>: all records of its contact, topic and channel."""
    asked = wire.GetConsentChainRequest(consent_id=str(consent_id))
    found = clients().consent_chains.GetConsentChain(asked)
    decided = [x for x in found.links if x.record.consent.state != CONSENT_STATE_REQUESTED]
    return render_template(
        "consents/detail.html",
        chain=found,
        consent_id=str(consent_id),
        counting=(decided or found.links)[-1].record.consent,
        states={link.state for link in found.links},
        leaf_states=LEAF_STATES,
        wire=wire,
        topics=topics(),
        contact=people.by_id([found.contact_id]).get(found.contact_id),
    )


@opens_with("ConsentChains.GetConsentLeaf")
def find_leaf() -> ResponseReturnValue:
    """GET /consents/leaves?place=: where a proof that somebody holds leads today."""
    place = request.args.get("place", "").strip()
    if place.isascii() and place.isdigit() and len(place) <= 15:
        return redirect(url_for("consents.leaf", number=int(place)))
    flash(_("A place in the tree is a number, as the proof names it."), "warning")
    return redirect(url_for("consents.index"))


@opens_with("ConsentChains.GetConsentLeaf")
def leaf(number: int) -> ResponseReturnValue:
    """GET /consents/leaves/<place>: the consent that stands there, or the hash that it left."""
    try:
        found = clients().consent_chains.GetConsentLeaf(wire.GetConsentLeafRequest(leaf_index=_place(number)))
    except NotFound:
        flash(_("The tree has no place %(number)s.", number=number), "warning")
        return redirect(url_for("consents.index"))
    if found.consent_id:
        return redirect(url_for("consents.detail", consent_id=found.consent_id))
    return render_template("consents/leaf.html", leaf=found, leaf_states=LEAF_STATES)


@opens_with("ConsentChains.GetErasedLeafPaper")
def leaf_paper(number: int, form: str) -> ResponseReturnValue:
    """GET /consents/leaves/<place>.<pdf|json>?head="""
    asked = wire.GetErasedLeafPaperRequest(
        leaf_index=_place(number),
        format=FORMATS.get(form) or abort(404),
        language=str(get_locale()),
        head_size=request.args.get("head", 0, type=tree_size),
    )
    try:
        return paper(clients().consent_chains.GetErasedLeafPaper(asked))
    except FailedPrecondition:
        flash(_("No proof can be printed: this place does not lead to a signed state."), "warning")
        return redirect(url_for("consents.leaf", number=number))


def _place(number: int) -> int:
    return number if number <= MOST_PLACES else abort(404)
