"""The contract's Tickets service, put together from the calls of its areas."""

from __future__ import annotations

from kontor.tickets.v1 import tickets_pb2_grpc

from kernel.pages import Pages
from services.tickets.messages.rpc import MessageCalls
from services.tickets.messages.service import MessagesService
from services.tickets.tickets.rpc import TicketCalls
from services.tickets.tickets.service import TicketsService


class TicketsRpc(TicketCalls, MessageCalls, tickets_pb2_grpc.TicketsServicer):
    """Each RPC is the method of the area that it belongs to."""

    def __init__(self, *, tickets: TicketsService, messages: MessagesService, pages: Pages) -> None:
        TicketCalls.__init__(self, tickets, pages)
        MessageCalls.__init__(self, messages, pages)
