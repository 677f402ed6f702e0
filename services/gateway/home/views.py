"""The start page: what waits for this role, what runs, and what to begin."""

from __future__ import annotations

from functools import partial

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from kontor.campaigns.v1.campaigns_pb2 import (
    CAMPAIGN_STATE_FINISHED,
    Campaign,
    ListCampaignsRequest,
)
from kontor.contacts.v1.contacts_pb2 import CONTACT_ORDER_NEWEST, Contact, ListContactsRequest
from kontor.privacy.v1.privacy_pb2 import REQUEST_ORDER_DUE, ListRequestsRequest
from kontor.tickets.v1.tickets_pb2 import (
    TICKET_ORDER_URGENT,
    TICKET_STATE_NEW,
    TICKET_STATE_OPEN,
    TICKET_STATE_PENDING,
    ListTicketsRequest,
    ListTicketsResponse,
)

from kernel.web.paging import every_item
from services.gateway import menu, people
from services.gateway.clients import clients, unless_down
from services.gateway.requests.deadline import Due, due
from services.gateway.session import may, me, staff_only
from services.gateway.tickets.queues import PRESSING

blueprint = Blueprint("home", __name__)

_ROWS = 6
_PAGE = 200
_OPEN = (TICKET_STATE_NEW, TICKET_STATE_OPEN, TICKET_STATE_PENDING)
_TO_DO = (TICKET_STATE_NEW, TICKET_STATE_OPEN)


@staff_only
def start() -> ResponseReturnValue:
    """GET /: each card asks one service, and a service that is down costs its card only."""
    tickets = _tickets() if may("Tickets.ListTickets") else {}
    deadlines = _due() if may("Requests.ListRequests") else []
    # What stands still needs somebody before what only comes closer.
    most_due = sorted(deadlines or [], key=lambda entry: not entry.stalled)[:_ROWS]
    newest = _newest()
    mine = tickets.get("mine")
    shown = [ticket.contact_id for ticket in mine.tickets] if mine else []
    return render_template(
        "home/start.html",
        first_name=me().name.partition(" ")[0],
        tickets=tickets,
        due=deadlines,
        most_due=most_due,
        urgent=PRESSING,
        campaigns=_campaigns() if may("Campaigns.ListCampaigns") else [],
        newest=newest,
        actions=menu.actions(),
        contacts=people.by_id([*shown, *[entry.request.contact_id for entry in most_due]]),
    )


def _tickets() -> dict[str, ListTicketsResponse | None]:
    asked = {
        "mine": ListTicketsRequest(
            states=_TO_DO, owner_id=me().subject, page_size=_ROWS, order=TICKET_ORDER_URGENT
        ),
        "free": ListTicketsRequest(states=_TO_DO, owner_id="none", page_size=1),
        "open": ListTicketsRequest(states=_OPEN, page_size=1),
        "pending": ListTicketsRequest(states=[TICKET_STATE_PENDING], page_size=1),
    }
    if not may("Tickets.UpdateTicket"):
        # Who cannot take a ticket has none and waits for none: these would only say that somebody else should.
        del asked["mine"], asked["free"]
    stub = clients().tickets
    return {name: unless_down(partial(stub.ListTickets, r)) for name, r in asked.items()}


def _due() -> list[Due] | None:
    """Every open request, the one that is due first before the others: their number stands on the page."""
    asked = ListRequestsRequest(open=True, order=REQUEST_ORDER_DUE, page_size=_PAGE)
    stub = clients().requests
    found = unless_down(lambda: every_item(stub.ListRequests, asked, lambda answer: list(answer.requests)))
    return [due(entry) for entry in found] if found is not None else None


def _campaigns() -> list[Campaign] | None:
    """What is not finished first, then the newest."""
    answer = unless_down(lambda: clients().campaigns.ListCampaigns(ListCampaignsRequest(page_size=20)))
    if answer is None:
        return None
    return sorted(answer.campaigns, key=lambda c: c.state == CAMPAIGN_STATE_FINISHED)[:_ROWS]


def _newest() -> list[Contact] | None:
    asked = ListContactsRequest(order=CONTACT_ORDER_NEWEST, page_size=_ROWS)
    answer = unless_down(lambda: clients().contacts.ListContacts(asked))
    return list(answer.contacts) if answer is not None else None


blueprint.add_url_rule("/", "start", start)
