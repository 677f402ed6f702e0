"""The visitor's tickets, and those of colleagues to read: list, open a new one, read and answer."""

from __future__ import annotations

import uuid
from typing import NamedTuple

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import pgettext
from google.protobuf.timestamp_pb2 import Timestamp
from kontor.tickets.v1.tickets_pb2 import (
    AUTHOR_KIND_CUSTOMER,
    CHANNEL_PORTAL,
    TICKET_PRIORITY_NORMAL,
    TICKET_STATE_CLOSED,
    TICKET_STATE_SOLVED,
    AddMessageRequest,
    CreateTicketRequest,
    GetTicketRequest,
    ListMessagesRequest,
    ListTicketsRequest,
    Message,
    Ticket,
)

from kernel.errors import FailedPrecondition, InvalidArgument
from kernel.web.access import login_required
from kernel.web.login import current_login
from kernel.web.paging import every_item, page_links
from services.portal.clients import clients
from services.portal.session import colleagues, own_contact
from services.portal.tickets.forms import NewTicket, Reply

blueprint = Blueprint("tickets", __name__)

_PAGE = 20
_MESSAGES = 200


class Said(NamedTuple):
    """One message: who said it, the page's company if nobody is named, and whether on the customers' side."""

    author: str
    mine: bool
    body: str
    time: Timestamp


@login_required
def index() -> ResponseReturnValue:
    """GET /tickets"""
    token = request.args.get("page_token", "")
    own, names = own_contact().id, colleagues()
    answer = clients().tickets.ListTickets(
        ListTicketsRequest(contact_ids=[own, *sorted(names)], page_size=_PAGE, page_token=token)
    )
    return render_template(
        "tickets/index.html",
        tickets=answer.tickets,
        colleagues=names,
        **page_links("tickets.index", answer.next_page_token),
    )


@login_required
def create() -> ResponseReturnValue:
    """GET, POST /tickets/new"""
    # Asked before anything is typed: whoever was erased, or is unknown, is shown that instead of a form.
    contact = own_contact()
    form = NewTicket()
    problems: list[str] = []
    if form.validate_on_submit():
        try:
            ticket = clients().tickets.CreateTicket(
                CreateTicketRequest(
                    request_id=form.request_id.data,
                    contact_id=contact.id,
                    subject=form.subject.data,
                    body=form.body.data,
                    priority=TICKET_PRIORITY_NORMAL,
                    channel=CHANNEL_PORTAL,
                )
            )
        except InvalidArgument as error:
            problems = form.take_errors(error.violations) or [_("Please check your message.")]
        else:
            text = _(
                "We have received your message. The ticket has the number %(number)s.", number=ticket.number
            )
            flash(text, "success")
            return redirect(url_for("tickets.detail", ticket_id=ticket.id), code=303)
    return render_template("tickets/new.html", form=form, problems=problems)


@login_required
def detail(ticket_id: uuid.UUID) -> ResponseReturnValue:
    """GET, POST /tickets/<id>: the conversation, and one more message."""
    ticket = clients().tickets.GetTicket(GetTicketRequest(ticket_id=str(ticket_id)))
    own = ticket.contact_id == own_contact().id
    if not own and ticket.contact_id not in colleagues():
        # Somebody with a staff role may reach any ticket; here everybody has the own ones.
        abort(404)
    form = Reply()
    problems: list[str] = []
    if own and form.validate_on_submit():
        try:
            clients().tickets.AddMessage(
                AddMessageRequest(request_id=form.request_id.data, ticket_id=ticket.id, body=form.body.data)
            )
        except InvalidArgument as error:
            problems = form.take_errors(error.violations) or [_("Please check your message.")]
        except FailedPrecondition:
            return _as_new(ticket, form), 409
        else:
            flash(_("Your answer is with us."), "success")
            return redirect(url_for("tickets.detail", ticket_id=ticket_id), code=303)
    asked = ListMessagesRequest(ticket_id=ticket.id, page_size=_MESSAGES)
    colleague = None if own else colleagues()[ticket.contact_id]
    messages = every_item(clients().tickets.ListMessages, asked, lambda answer: list(answer.messages))
    return render_template(
        "tickets/detail.html",
        ticket=ticket,
        conversation=[said(message, colleague) for message in messages if not message.internal],
        colleague=colleague,
        form=form,
        problems=problems,
        solved=ticket.state == TICKET_STATE_SOLVED,
        closed=ticket.state == TICKET_STATE_CLOSED,
    )


def said(message: Message, colleague: str | None) -> Said:
    """A message as the visitor reads it; `colleague` is whose ticket it is, None for the own one."""
    mine = message.author_kind == AUTHOR_KIND_CUSTOMER
    author, login = message.author_name, current_login()
    if mine and colleague is None and author in {"", login.name if login else ""}:
        author = _("You")
    elif mine:
        author = author or colleague or pgettext("author", "a colleague")
    return Said(author, mine, message.body, message.create_time)


def _as_new(ticket: Ticket, answer: Reply) -> str:
    """The answer to a ticket that was closed while it was typed: nothing of it is lost, one click sends it."""
    form = NewTicket(formdata=None, subject=ticket.subject, body=answer.body.data)
    text = _(
        "This ticket has been closed in the meantime. Your text is still here: you can send it as a new ticket."
    )
    return render_template("tickets/new.html", form=form, problems=[text])


blueprint.add_url_rule("/tickets", "index", index)
blueprint.add_url_rule("/tickets/new", "create", create, methods=["GET", "POST"])
blueprint.add_url_rule("/tickets/<uuid:ticket_id>", "detail", detail, methods=["GET", "POST"])
