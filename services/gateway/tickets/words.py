"""What the desk says about an answer: where the customer reads it, and what has happened while it was written."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import ngettext
from kontor.tickets.v1.tickets_pb2 import CHANNEL_EMAIL, CHANNEL_LETTER, CHANNEL_PHONE, Ticket

from services.gateway.labels import TICKET_STATES, label
from services.gateway.tickets.forms import MessageForm


def before_sending(ticket: Ticket) -> str:
    """Where an answer will appear. No mail goes out: whoever did not come by the portal must be told otherwise."""
    texts = {
        CHANNEL_EMAIL: _(
            "The answer appears in the portal only. This ticket came by e-mail: please write one yourself."
        ),
        CHANNEL_PHONE: _(
            "The answer appears in the portal only. This ticket came by phone: please call back yourself."
        ),
        CHANNEL_LETTER: _(
            "The answer appears in the portal only. This ticket came by letter: please write one yourself."
        ),
    }
    return str(texts.get(ticket.channel) or _("The answer appears in the portal. No e-mail goes out."))


def after_sending(ticket: Ticket) -> str:
    """What is true once the answer is stored."""
    texts = {
        CHANNEL_EMAIL: _("Stored and visible in the portal. Please answer by e-mail yourself, too."),
        CHANNEL_PHONE: _("Stored and visible in the portal. Please call the customer yourself, too."),
        CHANNEL_LETTER: _("Stored and visible in the portal. Please answer by letter yourself, too."),
    }
    return str(texts.get(ticket.channel) or _("Your answer is stored and visible in the portal."))


def meanwhile(ticket: Ticket, form: MessageForm) -> list[str]:
    """What has happened to a ticket since the form was drawn."""
    found = [_("Nothing has been sent: the ticket has changed since you opened it. Your text is still here.")]
    if form.seen_state.data and form.seen_state.data != ticket.state:
        now, before = label(TICKET_STATES, ticket.state).text, label(TICKET_STATES, form.seen_state.data).text
        found.append(_("The state is “%(now)s” now, it was “%(before)s”.", now=now, before=before))
    added = ticket.message_count - (form.seen_count.data or ticket.message_count)
    if added > 0:
        found.append(ngettext("%(num)s message has been added.", "%(num)s messages have been added.", added))
    if ticket.owner_name:
        found.append(_("%(name)s takes care of it.", name=ticket.owner_name))
    return found
