"""One contact from all sides: person, consents, timeline, tickets; and consents withdrawn by staff."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from functools import partial

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from google.protobuf.field_mask_pb2 import FieldMask
from kontor.campaigns.v1.campaigns_pb2 import ListCampaignsRequest
from kontor.contacts.v1.contacts_pb2 import (
    Contact,
    GetContactRequest,
    ListTimelineRequest,
    ListTimelineResponse,
    UpdateContactRequest,
)
from kontor.privacy.v1.privacy_pb2 import (
    CHANNEL_EMAIL,
    CONSENT_STATE_GIVEN,
    CONSENT_STATE_RENEWED,
    CONSENT_STATE_REQUESTED,
    DECISION_OUTCOME_DENIED,
    AuthorizeRequest,
    Candidate,
    Consent,
    ConsentEvidence,
    Decision,
    GetConsentEvidenceRequest,
    ListConsentsRequest,
    ListDecisionsRequest,
    ListRequestsRequest,
    Request,
    WithdrawConsentRequest,
)
from kontor.tickets.v1.tickets_pb2 import ListTicketsRequest, ListTicketsResponse

from kernel.web.forms import Form
from kernel.web.paging import every_item
from services.gateway.catalogue import topics
from services.gateway.clients import clients, unless_down
from services.gateway.contacts import access, customer
from services.gateway.contacts.timeline import sentences
from services.gateway.labels import SUPPRESSION_REASONS, why, word
from services.gateway.session import may, me, opens_with

_STANDING = (CONSENT_STATE_GIVEN, CONSENT_STATE_RENEWED)
_TICKETS = 50
_REQUESTS = 50
_SHOWN = 5
_ENTRIES = 25


@opens_with("Contacts.GetContact")
def show(contact_id: uuid.UUID) -> ResponseReturnValue:
    """GET /contacts/<id>; what the role may not see says so instead of being absent."""
    contact = _get(contact_id)
    timeline = _timeline(contact.id, request.args.get("page_token", ""))
    everything = request.args.get("tickets") == "all"
    tickets = _tickets(contact.id, everything=everything) if may("Tickets.ListTickets") else None
    given = consents(contact.id)
    doors = access.doors(contact.id)
    return render_template(
        "contacts/detail.html",
        contact=contact,
        **in_states(given),
        refusals=refusals(contact, given),
        customer_lines=customer.lines(contact),
        methods=_methods(contact.id, given or []),
        topics=topics(),
        tickets=tickets,
        shown_tickets=len(tickets.tickets) if tickets is not None and everything else _SHOWN,
        requests=_requests(contact.id),
        denials=_denials(contact.id),
        doors=doors,
        **access.open_ones(doors),
        entries=sentences(timeline.entries, names=_names(tickets)) if timeline is not None else None,
        more_href=_more(contact.id, timeline),
        continued=bool(request.args.get("page_token")),
    )


@opens_with("Contacts.UpdateContact")
def become_responsible(contact_id: uuid.UUID) -> ResponseReturnValue:
    """POST /contacts/<id>/responsible: the customer turns to whoever presses this from now on."""
    form = Form()
    if form.validate_on_submit():
        mine = Contact(responsible_id=me().subject, responsible_name=me().name)
        clients().contacts.UpdateContact(
            UpdateContactRequest(
                request_id=form.request_id.data,
                contact_id=str(contact_id),
                contact=mine,
                update_mask=FieldMask(paths=["responsible_id", "responsible_name"]),
            )
        )
        flash(_("You are responsible now. The customer sees your name in the portal."), "success")
    return redirect(url_for("contacts.detail", contact_id=contact_id), code=303)


@opens_with("Consents.WithdrawConsent")
def withdraw(contact_id: uuid.UUID, topic: str) -> ResponseReturnValue:
    """GET, POST /contacts/<id>/withdraw/<topic>: somebody said so on the phone or in a letter."""
    contact = _get(contact_id)
    form = Form()
    if form.validate_on_submit():
        clients().consents.WithdrawConsent(
            WithdrawConsentRequest(
                request_id=form.request_id.data,
                contact_id=contact.id,
                topic=topic,
                channel=CHANNEL_EMAIL,
                method="staff",
            )
        )
        flash(_("Withdrawn. It applies at once, also to campaigns that are being sent."), "success")
        return redirect(url_for("contacts.detail", contact_id=contact.id), code=303)
    return render_template("contacts/withdraw.html", contact=contact, topic=topic, topics=topics())


def consents(contact_id: str) -> list[Consent] | None:
    """The newest record per topic, None if the service is down; empty for roles that may not see it."""
    if not may("Consents.ListConsents"):
        return []
    asked = ListConsentsRequest(contact_id=contact_id)
    answer = unless_down(lambda: clients().consents.ListConsents(asked))
    return list(answer.consents) if answer is not None else None


def in_states(newest: list[Consent] | None) -> dict[str, list[Consent] | None]:
    """All of these, those that hold, and those that still wait for their confirmation."""
    return {
        "consents": newest,
        "consented": [one for one in newest or [] if one.state in _STANDING],
        "requested": [one for one in newest or [] if one.state == CONSENT_STATE_REQUESTED],
    }


def refusals(contact: Contact, newest: Iterable[Consent] | None) -> dict[str, str]:
    """Why a mail would be refused though its topic is consented to, by topic: what a permit would say now."""
    if newest is None or not may("Permits.Preview"):
        return {}
    found = {}
    for consent in newest:
        if consent.state not in _STANDING or consent.channel != CHANNEL_EMAIL:
            continue
        asked = AuthorizeRequest(
            channel=CHANNEL_EMAIL,
            topic=consent.topic,
            candidates=[Candidate(contact_id=contact.id, address=contact.email)],
        )
        answer = unless_down(partial(clients().permits.Preview, asked))
        if answer is None:
            found[consent.topic] = str(_("permits cannot be asked right now"))
        elif not answer.decisions[0].permitted:
            found[consent.topic] = _refused(answer.decisions[0])
    return found


def _refused(decision: Decision) -> str:
    if decision.reason != "suppressed":
        return why(decision.reason)
    return str(_("suppressed (%(reason)s)", reason=word(SUPPRESSION_REASONS, decision.suppressed_for)))


def _get(contact_id: uuid.UUID) -> Contact:
    return clients().contacts.GetContact(GetContactRequest(contact_id=str(contact_id)))


def _methods(contact_id: str, newest: Iterable[Consent]) -> dict[str, str]:
    """How each consent came about; evidence is open to the data protection officer only."""
    if not may("Consents.GetConsentEvidence"):
        return {}
    found = {}
    for consent in newest:
        asked = GetConsentEvidenceRequest(contact_id=contact_id, topic=consent.topic)
        answer = unless_down(partial(clients().consents.GetConsentEvidence, asked))
        found[consent.topic] = _last_method(answer)
    return found


def _last_method(answer: ConsentEvidence | None) -> str:
    return answer.records[-1].evidence.method if answer is not None and answer.records else ""


def _tickets(contact_id: str, *, everything: bool) -> ListTicketsResponse | None:
    asked = ListTicketsRequest(contact_id=contact_id, page_size=_TICKETS)
    if not everything:
        return unless_down(lambda: clients().tickets.ListTickets(asked))
    stub = clients().tickets
    found = unless_down(lambda: every_item(stub.ListTickets, asked, lambda answer: list(answer.tickets)))
    return ListTicketsResponse(tickets=found, total_size=len(found)) if found is not None else None


def _names(tickets: ListTicketsResponse | None) -> dict[str, str]:
    """What the records of a timeline are called."""
    names = {ticket.id: ticket.subject for ticket in tickets.tickets} if tickets is not None else {}
    if may("Campaigns.ListCampaigns"):
        asked = ListCampaignsRequest(page_size=200)
        answer = unless_down(lambda: clients().campaigns.ListCampaigns(asked))
        names.update(
            {campaign.id: campaign.name for campaign in answer.campaigns} if answer is not None else {}
        )
    return names


def _requests(contact_id: str) -> list[Request]:
    if not may("Requests.ListRequests"):
        return []
    asked = ListRequestsRequest(contact_id=contact_id, page_size=_REQUESTS)
    answer = unless_down(lambda: clients().requests.ListRequests(asked))
    return list(answer.requests) if answer is not None else []


def _denials(contact_id: str) -> list[Decision]:
    """The last messages that did not go out to this person; nothing for a role that does not read the log."""
    if not may("Permits.ListDecisions"):
        return []
    asked = ListDecisionsRequest(contact_id=contact_id, outcome=DECISION_OUTCOME_DENIED, page_size=_SHOWN)
    answer = unless_down(lambda: clients().permits.ListDecisions(asked))
    return list(answer.decisions) if answer is not None else []


def _timeline(contact_id: str, token: str) -> ListTimelineResponse | None:
    asked = ListTimelineRequest(contact_id=contact_id, page_size=_ENTRIES, page_token=token)
    return unless_down(lambda: clients().contacts.ListTimeline(asked))


def _more(contact_id: str, timeline: ListTimelineResponse | None) -> str:
    token = timeline.next_page_token if timeline is not None else ""
    return url_for("contacts.detail", contact_id=contact_id, page_token=token) if token else ""
