"""The start page: a welcome for visitors, and for customers what is open and whom to ask."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from kontor.contacts.v1.contacts_pb2 import Contact
from kontor.privacy.v1.privacy_pb2 import (
    CHANNEL_EMAIL,
    CONSENT_STATE_GIVEN,
    CONSENT_STATE_RENEWED,
    ListConsentsRequest,
    ListRequestsRequest,
)
from kontor.tickets.v1.tickets_pb2 import ListTicketsRequest

from kernel.web.access import login_required, public
from kernel.web.calls import as_visitor
from kernel.web.forms import Form
from kernel.web.login import current_login
from services.portal.clients import clients, unless_down
from services.portal.session import link, own_contact

blueprint = Blueprint("home", __name__)

_SHOWN = 4


@public
def start() -> ResponseReturnValue:
    """GET /"""
    if current_login() is None:
        return render_template("home/welcome.html")
    with as_visitor():
        return _overview()


@login_required
def begin() -> ResponseReturnValue:
    """POST /begin: a new record, because the visitor says so; with next=tickets on to what it is for."""
    target = "tickets.create" if request.form.get("next") == "tickets" else "home.start"
    form = Form()
    if form.validate_on_submit():
        link(form.request_id.data, create=True)
    return redirect(url_for(target), code=303)


def _overview() -> str:
    contact = own_contact()
    # Three services answer three cards; one that is down costs its card and not the page.
    tickets = unless_down(
        lambda: clients().tickets.ListTickets(ListTicketsRequest(contact_id=contact.id, page_size=_SHOWN))
    )
    requests = unless_down(
        lambda: clients().requests.ListRequests(
            ListRequestsRequest(contact_id=contact.id, page_size=_SHOWN, open=True)
        )
    )
    arriving = unless_down(lambda: _arriving(contact))
    return render_template(
        "home/overview.html",
        contact=contact,
        tickets=tickets.tickets if tickets is not None else None,
        requests=requests.requests if requests is not None else None,
        arriving=arriving,
    )


def _arriving(contact: Contact) -> int:
    """On how many topics mails arrive: a consent to a text that no longer counts is none."""
    consents = clients().consents.ListConsents(ListConsentsRequest(contact_id=contact.id)).consents
    standing = (CONSENT_STATE_GIVEN, CONSENT_STATE_RENEWED)
    given = {c.topic for c in consents if c.state in standing and c.channel == CHANNEL_EMAIL}
    return sum(not clients().refusal(contact, topic) for topic in given)


blueprint.add_url_rule("/", "start", start)
blueprint.add_url_rule("/begin", "begin", begin, methods=["POST"])
