"""Every fact that the tickets service publishes."""

from __future__ import annotations

import uuid

from kontor.tickets.v1 import events_pb2

from kernel.outbox import Fact
from services.tickets.messages.model import Message
from services.tickets.tickets.model import Ticket


def ticket_opened(ticket: Ticket) -> Fact:
    """A ticket was opened; its first message comes with it and has no fact of its own."""
    return Fact(
        "tickets.ticket.opened",
        events_pb2.TicketOpened(ticket_id=str(ticket.id), contact_id=_text(ticket.contact_id)),
    )


def ticket_updated(ticket: Ticket) -> Fact:
    """State, priority or owner of a ticket changed."""
    return Fact(
        "tickets.ticket.updated",
        events_pb2.TicketUpdated(
            ticket_id=str(ticket.id), contact_id=_text(ticket.contact_id), state=ticket.state
        ),
    )


def message_added(message: Message, *, contact_id: uuid.UUID | None) -> Fact:
    """Somebody wrote on a ticket."""
    return Fact(
        "tickets.message.added",
        events_pb2.MessageAdded(
            ticket_id=str(message.ticket_id),
            message_id=str(message.id),
            contact_id=_text(contact_id),
            author_kind=message.author.kind,
            internal=message.internal,
        ),
    )


def _text(contact_id: uuid.UUID | None) -> str:
    # An erased contact's ticket stays as a number in the statistics; it leads to nobody.
    return str(contact_id) if contact_id is not None else ""
