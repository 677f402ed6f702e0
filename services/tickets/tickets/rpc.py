"""Tickets on the wire."""

from __future__ import annotations

import uuid
from typing import Any

from kontor.tickets.v1 import tickets_pb2

from kernel.clock import to_timestamp
from kernel.pages import Pages, page_size
from kernel.rpc.call import current_principal
from services.tickets.tickets.model import (
    Change,
    Channel,
    Filter,
    Owner,
    Priority,
    State,
    Ticket,
    new_owner,
)
from services.tickets.tickets.service import Opening, TicketsService


class TicketCalls:
    """The RPCs about tickets themselves."""

    def __init__(self, tickets: TicketsService, pages: Pages) -> None:
        self._tickets = tickets
        self._pages = pages

    async def CreateTicket(
        self, request: tickets_pb2.CreateTicketRequest, context: Any
    ) -> tickets_pb2.Ticket:
        opening = Opening(
            contact_id=uuid.UUID(request.contact_id),
            subject=request.subject,
            body=request.body,
            priority=Priority(request.priority) if request.priority else None,
            channel=Channel(request.channel),
        )
        return to_proto(await self._tickets.create_ticket(opening))

    async def GetTicket(self, request: tickets_pb2.GetTicketRequest, context: Any) -> tickets_pb2.Ticket:
        return to_proto(await self._tickets.get_ticket(uuid.UUID(request.ticket_id)))

    async def ListTickets(
        self, request: tickets_pb2.ListTicketsRequest, context: Any
    ) -> tickets_pb2.ListTicketsResponse:
        position = self._pages.position(request)
        wanted = Filter(
            contact_id=uuid.UUID(request.contact_id) if request.contact_id else None,
            contact_ids=tuple(uuid.UUID(one) for one in request.contact_ids),
            states=tuple(State(s) for s in request.states if s),
            owner_id=request.owner_id,
            priorities=tuple(Priority(p) for p in request.priorities if p),
            urgent_first=request.order == tickets_pb2.TICKET_ORDER_URGENT,
        )
        page = await self._tickets.list_tickets(wanted, after=position, size=page_size(request.page_size))
        answer = tickets_pb2.ListTicketsResponse(
            tickets=[to_proto(t) for t in page.tickets], total_size=page.total
        )
        if page.has_more:
            answer.next_page_token = self._pages.token(request, wanted.position(page.tickets[-1]))
        return answer

    async def UpdateTicket(
        self, request: tickets_pb2.UpdateTicketRequest, context: Any
    ) -> tickets_pb2.Ticket:
        change = Change(
            state=State(request.state) if request.state else None,
            priority=Priority(request.priority) if request.priority else None,
            owner=_owner(request),
        )
        ticket_id = uuid.UUID(request.ticket_id)
        return to_proto(await self._tickets.update_ticket(ticket_id, change, etag=request.etag))


def _owner(request: tickets_pb2.UpdateTicketRequest) -> Owner | None:
    caller = current_principal()
    asked = Owner(caller.subject, caller.name)
    return new_owner(asked, take=request.take, release=request.release)


def to_proto(ticket: Ticket) -> tickets_pb2.Ticket:
    """A ticket's wire form."""
    return tickets_pb2.Ticket(
        id=str(ticket.id),
        number=ticket.number,
        etag=ticket.etag,
        contact_id=str(ticket.contact_id) if ticket.contact_id is not None else "",
        subject=ticket.subject,
        state=ticket.state,  # type: ignore[arg-type]
        priority=ticket.priority,  # type: ignore[arg-type]
        owner_id=ticket.owner_id,
        owner_name=ticket.owner_name,
        channel=ticket.channel,  # type: ignore[arg-type]
        create_time=to_timestamp(ticket.created_at),
        update_time=to_timestamp(ticket.updated_at),
        message_count=ticket.message_count,
    )
