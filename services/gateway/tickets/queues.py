"""The queues of the desk: what each of them asks for, and who comes before and after a ticket."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from flask_babel import lazy_gettext as _l
from kontor.tickets.v1.tickets_pb2 import (
    TICKET_ORDER_NEWEST,
    TICKET_ORDER_URGENT,
    TICKET_PRIORITY_HIGH,
    TICKET_PRIORITY_LOW,
    TICKET_PRIORITY_NORMAL,
    TICKET_PRIORITY_URGENT,
    TICKET_STATE_CLOSED,
    TICKET_STATE_NEW,
    TICKET_STATE_OPEN,
    TICKET_STATE_PENDING,
    TICKET_STATE_SOLVED,
    ListTicketsRequest,
    ListTicketsResponse,
    TicketOrder,
    TicketState,
)

from kernel.errors import InvalidArgument
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
    """Which tickets: states, whose, and in which order they are worked through."""

    label: str
    states: tuple[TicketState.ValueType, ...]
    owner: str = ""
    order: TicketOrder.ValueType = TICKET_ORDER_URGENT


@dataclass(frozen=True)
class View:
    """A queue, perhaps narrowed to one priority, and the page of it, as an address names it."""

    name: str
    priority: str = ""
    token: str = ""

    @property
    def args(self) -> dict[str, Any]:
        """What leads back to it."""
        named = {"queue": self.name, "priority": self.priority, "page_token": self.token}
        return {name: value for name, value in named.items() if value}

    def of(self, name: str) -> View:
        """The same in another queue, from its beginning."""
        return View(name, self.priority)


QUEUES = {
    "mine": Queue(_l("Mine"), _TO_DO, "me"),
    "free": Queue(_l("Free"), _TO_DO, NOBODY),
    "pending": Queue(_l("Waiting"), (TICKET_STATE_PENDING,)),
    "open": Queue(_l("All"), _OPEN),
    "done": Queue(_l("Done"), (TICKET_STATE_SOLVED, TICKET_STATE_CLOSED), order=TICKET_ORDER_NEWEST),
}
DEFAULT = "open"
PRIORITIES = {
    "urgent": TICKET_PRIORITY_URGENT,
    "high": TICKET_PRIORITY_HIGH,
    "normal": TICKET_PRIORITY_NORMAL,
    "low": TICKET_PRIORITY_LOW,
}
# What stands out in a list.
PRESSING = (TICKET_PRIORITY_HIGH, TICKET_PRIORITY_URGENT)


def view_of(asked: Mapping[str, str]) -> View:
    """The queue and priority that an address or a form names; what does not exist counts as not named."""
    queue, priority = asked.get("queue", ""), asked.get("priority", "")
    return View(
        queue if queue in QUEUES else DEFAULT,
        priority if priority in PRIORITIES else "",
        asked.get("page_token", ""),
    )


def next_states(state: TicketState.ValueType) -> tuple[TicketState.ValueType, ...]:
    """What a ticket may become from here."""
    return _NEXT.get(state, ())


def load(view: View) -> tuple[View, ListTicketsResponse]:
    """One page of a queue, with the view that it shows; what is urgent and has waited longest comes first.

    A page is its caller's own: whoever was sent a colleague's link sees the beginning of the queue beside the ticket.
    """
    try:
        return view, _page(view)
    except InvalidArgument as error:
        if error.reason != "PAGE_TOKEN_INVALID":
            raise
        first = replace(view, token="")
        return first, _page(first)


def _page(view: View) -> ListTicketsResponse:
    queue = QUEUES[view.name]
    return clients().tickets.ListTickets(
        ListTicketsRequest(
            states=queue.states,
            owner_id=me().subject if queue.owner == "me" else queue.owner,
            priorities=[PRIORITIES[view.priority]] if view.priority else [],
            order=queue.order,
            page_size=_SIZE,
            page_token=view.token,
        )
    )


def neighbours(answer: ListTicketsResponse, ticket_id: str) -> tuple[str, str]:
    """The tickets before and after this one; a ticket that has left the queue is followed by its first."""
    ids = [ticket.id for ticket in answer.tickets]
    if ticket_id not in ids:
        return "", ids[0] if ids else ""
    place = ids.index(ticket_id)
    return ids[place - 1] if place else "", ids[place + 1] if place + 1 < len(ids) else ""
