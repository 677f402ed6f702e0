"""The queues of the desk: what each of them asks for, and who comes before and after a ticket."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import lazy_gettext as _l
from kontor.tickets.v1.tickets_pb2 import (
    TICKET_STATE_CLOSED,
    TICKET_STATE_NEW,
    TICKET_STATE_OPEN,
    TICKET_STATE_PENDING,
    TICKET_STATE_SOLVED,
    ListTicketsRequest,
    ListTicketsResponse,
    TicketState,
)

from services.gateway.clients import clients
from services.gateway.session import me

_TO_DO = (TICKET_STATE_NEW, TICKET_STATE_OPEN)
_OPEN = (*_TO_DO, TICKET_STATE_PENDING)
_SIZE = 50
NOBODY = "none"
# What the tickets service allows: nothing becomes new again, and closed is the end.
_NEXT = {
    TICKET_STATE_NEW: (TICKET_STATE_OPEN, TICKET_STATE_PENDING, TICKET_STATE_SOLVED, TICKET_STATE_CLOSED),
    TICKET_STATE_OPEN: (TICKET_STATE_PENDING, TICKET_STATE_SOLVED, TICKET_STATE_CLOSED),
    TICKET_STATE_PENDING: (TICKET_STATE_OPEN, TICKET_STATE_SOLVED, TICKET_STATE_CLOSED),
    TICKET_STATE_SOLVED: (TICKET_STATE_OPEN, TICKET_STATE_CLOSED),
}


@dataclass(frozen=True)
class Queue:
    """Which tickets: states, and whose."""

    label: str
    states: tuple[TicketState.ValueType, ...]
    owner: str = ""


QUEUES = {
    "mine": Queue(_l("Mine"), _TO_DO, "me"),
    "free": Queue(_l("Free"), _TO_DO, NOBODY),
    "pending": Queue(_l("Waiting"), (TICKET_STATE_PENDING,)),
    "open": Queue(_l("All"), _OPEN),
    "done": Queue(_l("Done"), (TICKET_STATE_SOLVED, TICKET_STATE_CLOSED)),
}
DEFAULT = "open"


def name_of_queue(asked: str) -> str:
    """A queue that exists."""
    return asked if asked in QUEUES else DEFAULT


def next_states(state: TicketState.ValueType) -> tuple[TicketState.ValueType, ...]:
    """What a ticket may become from here."""
    return _NEXT.get(state, ())


def load(name: str, *, token: str = "") -> ListTicketsResponse:
    """The first tickets of a queue, in the order of the service."""
    queue = QUEUES[name]
    owner = me().subject if queue.owner == "me" else queue.owner
    return clients().tickets.ListTickets(
        ListTicketsRequest(states=queue.states, owner_id=owner, page_size=_SIZE, page_token=token)
    )


def neighbours(answer: ListTicketsResponse, ticket_id: str) -> tuple[str, str]:
    """The tickets before and after this one; a ticket that has left the queue is followed by its first."""
    ids = [ticket.id for ticket in answer.tickets]
    if ticket_id not in ids:
        return "", ids[0] if ids else ""
    place = ids.index(ticket_id)
    return ids[place - 1] if place else "", ids[place + 1] if place + 1 < len(ids) else ""
