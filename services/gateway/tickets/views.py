"""The desk: a queue, the conversation of one ticket, and the customer beside it."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import NamedTuple

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from kontor.contacts.v1.contacts_pb2 import Contact, GetContactRequest
from kontor.tickets.v1.tickets_pb2 import (
    AUTHOR_KIND_CUSTOMER,
    AUTHOR_KIND_STAFF,
    CHANNEL_EMAIL,
    CHANNEL_PHONE,
    TICKET_PRIORITY_NORMAL,
    AddMessageRequest,
    CreateTicketRequest,
    GetTicketRequest,
    ListMessagesRequest,
    ListTicketsRequest,
    ListTicketsResponse,
    Message,
    Ticket,
    UpdateTicketRequest,
)

from kernel.errors import Aborted, FailedPrecondition, InvalidArgument, NotFound
from kernel.ids import derived_id
from kernel.web.paging import every_item
from services.gateway import people
from services.gateway.catalogue import topics
from services.gateway.clients import clients, unless_down
from services.gateway.contacts.detail import consents, in_states, refusals
from services.gateway.session import may, me, opens_with
from services.gateway.tickets.forms import ChangeForm, MessageForm, TicketForm
from services.gateway.tickets.queues import (
    PRESSING,
    PRIORITIES,
    QUEUES,
    View,
    load,
    neighbours,
    next_states,
    view_of,
)
from services.gateway.tickets.words import after_sending, before_sending, meanwhile

blueprint = Blueprint("tickets", __name__)

_MESSAGES = 200
_OTHERS = 6


class Said(NamedTuple):
    """One message, and which side it comes from; a system's message comes from neither."""

    message: Message
    by_staff: bool
    by_customer: bool


@opens_with("Tickets.ListTickets")
def desk() -> ResponseReturnValue:
    """GET /tickets?queue="""
    return render_template("tickets/desk.html", ticket=None, **_queue(""))


@opens_with("Tickets.GetTicket", "Tickets.ListMessages")
def conversation(ticket_id: uuid.UUID) -> ResponseReturnValue:
    """GET /tickets/<id>?queue="""
    ticket = _get(ticket_id)
    form = MessageForm(formdata=None)
    form.remember(ticket)
    return _page(ticket, form, [])


@opens_with("Tickets.AddMessage")
def answer(ticket_id: uuid.UUID) -> ResponseReturnValue:
    """POST /tickets/<id>/messages: the message first, then the state; each once, however often it is sent."""
    form = MessageForm()
    ticket = _get(ticket_id)
    if not form.validate_on_submit():
        return _page(ticket, form, []), 400
    internal = form.kind.data == "note"
    try:
        clients().tickets.AddMessage(
            AddMessageRequest(
                request_id=form.request_id.data,
                ticket_id=ticket.id,
                body=form.body.data,
                internal=internal,
                etag=form.etag.data,
                take=form.take.data,
            )
        )
    except Aborted:
        return _conflict(_get(ticket_id), form), 409
    except InvalidArgument as error:
        return _page(ticket, form, form.take_errors(error.violations)), 400
    except FailedPrecondition:
        text = _(
            "This ticket has been closed in the meantime. Your text is still here; open a new ticket for it."
        )
        return _page(_get(ticket_id), form, [text]), 409
    if form.state.data and may("Tickets.UpdateTicket"):
        _set_state(form, ticket.id)
    flash(_("Your note is stored.") if internal else after_sending(ticket), "success")
    return redirect(_after(ticket), code=303)


@opens_with("Tickets.UpdateTicket")
def change(ticket_id: uuid.UUID) -> ResponseReturnValue:
    """POST /tickets/<id>/change: take it or give it back, set state or priority."""
    form = ChangeForm()
    if form.validate_on_submit():
        try:
            clients().tickets.UpdateTicket(
                UpdateTicketRequest(
                    request_id=form.request_id.data,
                    ticket_id=str(ticket_id),
                    etag=form.etag.data,
                    state=form.state.data,
                    priority=form.priority.data,
                    take=form.take.data == "yes",
                    release=form.release.data == "yes",
                )
            )
        except (Aborted, FailedPrecondition):
            flash(_("Somebody has changed this ticket in the meantime. You see it as it is now."), "warning")
        else:
            flash(_changed(form), "success")
    return redirect(
        url_for("tickets.conversation", ticket_id=ticket_id, **view_of(request.form).args), code=303
    )


@opens_with("Tickets.CreateTicket", "Contacts.GetContact")
def create() -> ResponseReturnValue:
    """GET, POST /tickets/new?contact_id=: for somebody who called or wrote."""
    wanted = request.args.get("contact_id", "")
    contact = clients().contacts.GetContact(GetContactRequest(contact_id=wanted))
    form = TicketForm()
    problems: list[str] = []
    if form.validate_on_submit():
        try:
            ticket = clients().tickets.CreateTicket(
                CreateTicketRequest(
                    request_id=form.request_id.data,
                    contact_id=contact.id,
                    subject=form.subject.data,
                    body=form.body.data,
                    priority=form.priority.data,
                    channel=form.channel.data,
                )
            )
        except InvalidArgument as error:
            problems = form.take_errors(error.violations) or [_("Please check what you entered.")]
        else:
            flash(_("Ticket #%(number)s is open.", number=ticket.number), "success")
            return redirect(url_for("tickets.conversation", ticket_id=ticket.id), code=303)
    return render_template("tickets/form.html", form=form, problems=problems, contact=contact)


def _changed(form: ChangeForm) -> str:
    if form.take.data:
        return str(_("It is your ticket now."))
    return str(_("The ticket is free again.") if form.release.data else _("Changed."))


def _page(ticket: Ticket, form: MessageForm, problems: list[str], *, since: int | None = None) -> str:
    """The three panes; messages behind the first `since` ones are marked as new."""
    contact = _customer(ticket.contact_id)
    given = consents(ticket.contact_id) if contact is not None else []
    queue = _queue(ticket.id)
    form.offer(next_states(ticket.state))
    return render_template(
        "tickets/desk.html",
        ticket=ticket,
        conversation=_conversation(ticket.id),
        usual=ticket.priority == TICKET_PRIORITY_NORMAL,
        came_by_mail=ticket.channel == CHANNEL_EMAIL,
        came_by_phone=ticket.channel == CHANNEL_PHONE,
        contact=contact,
        form=form,
        problems=problems,
        since=since,
        where=before_sending(ticket),
        states=next_states(ticket.state),
        mine=ticket.owner_id == me().subject,
        **in_states(given),
        refusals=refusals(contact, given) if contact is not None else {},
        topics=topics(),
        others=_others(ticket),
        **queue,
    )


def _conflict(ticket: Ticket, form: MessageForm) -> str:
    """The text as it was typed, beside what has happened meanwhile; sending again is an answer to that."""
    told, since = meanwhile(ticket, form), form.seen_count.data
    form.remember(ticket)
    return _page(ticket, form, told, since=since)


def _queue(ticket_id: str) -> dict[str, object]:
    view, found = load(view_of(request.form if "queue" in request.form else request.args))
    before, after = neighbours(found, ticket_id)
    return {
        "view": view,
        "queues": QUEUES,
        "priorities": PRIORITIES,
        "pressing": PRESSING,
        "found": found,
        "names": people.by_id(entry.contact_id for entry in found.tickets),
        "previous_href": _href(before, view),
        "next_href": _href(after, view),
        "more_href": url_for("tickets.desk", **replace(view, token=found.next_page_token).args)
        if found.next_page_token
        else "",
    }


def _set_state(form: MessageForm, ticket_id: str) -> None:
    """After the message, against the ticket as the message left it."""
    now = _get(uuid.UUID(ticket_id))
    if now.state == form.state.data:
        return
    try:
        clients().tickets.UpdateTicket(
            UpdateTicketRequest(
                request_id=str(derived_id(uuid.UUID(form.request_id.data), "state")),
                ticket_id=ticket_id,
                etag=now.etag,
                state=form.state.data,
            )
        )
    except (Aborted, FailedPrecondition):
        flash(_("The message is stored, but somebody else has changed the state meanwhile."), "warning")


def _after(ticket: Ticket) -> str:
    """Where to go after sending; `sent` lets the browser forget its draft."""
    view = view_of(request.form)
    following = ""
    if request.form.get("then") == "next":
        view, found = load(view)
        _before, following = neighbours(found, ticket.id)
        if not following:
            further = replace(view, token=found.next_page_token or view.token)
            return url_for("tickets.desk", **further.args, sent=ticket.id)
    target = following or ticket.id
    return url_for("tickets.conversation", ticket_id=target, **view.args, sent=ticket.id)


def _get(ticket_id: uuid.UUID) -> Ticket:
    return clients().tickets.GetTicket(GetTicketRequest(ticket_id=str(ticket_id)))


def _conversation(ticket_id: str) -> list[Said]:
    asked = ListMessagesRequest(ticket_id=ticket_id, page_size=_MESSAGES)
    found = every_item(clients().tickets.ListMessages, asked, lambda answer: list(answer.messages))
    return [
        Said(
            message,
            by_staff=message.author_kind == AUTHOR_KIND_STAFF,
            by_customer=message.author_kind == AUTHOR_KIND_CUSTOMER,
        )
        for message in found
    ]


def _customer(contact_id: str) -> Contact | None:
    """None if the person was erased, or contacts is down: the conversation stays readable."""
    try:
        return unless_down(lambda: clients().contacts.GetContact(GetContactRequest(contact_id=contact_id)))
    except (NotFound, InvalidArgument):
        return None


def _others(ticket: Ticket) -> list[Ticket]:
    if not ticket.contact_id:
        return []
    asked = ListTicketsRequest(contact_id=ticket.contact_id, page_size=_OTHERS)
    found: ListTicketsResponse = clients().tickets.ListTickets(asked)
    return [other for other in found.tickets if other.id != ticket.id]


def _href(ticket_id: str, view: View) -> str:
    return url_for("tickets.conversation", ticket_id=ticket_id, **view.args) if ticket_id else ""


blueprint.add_url_rule("/tickets", "desk", desk)
blueprint.add_url_rule("/tickets/new", "create", create, methods=["GET", "POST"])
blueprint.add_url_rule("/tickets/<uuid:ticket_id>", "conversation", conversation)
blueprint.add_url_rule("/tickets/<uuid:ticket_id>/messages", "answer", answer, methods=["POST"])
blueprint.add_url_rule("/tickets/<uuid:ticket_id>/change", "change", change, methods=["POST"])
