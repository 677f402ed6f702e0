"""Messages on the wire."""

from __future__ import annotations

import uuid
from typing import Any

from kontor.tickets.v1 import tickets_pb2

from kernel.clock import to_timestamp
from kernel.pages import Pages, page_size
from services.tickets.messages.model import Message
from services.tickets.messages.service import MessagesService, Wanted


class MessageCalls:
    """The RPCs about the conversation on a ticket."""

    def __init__(self, messages: MessagesService, pages: Pages) -> None:
        self._messages = messages
        self._pages = pages

    async def AddMessage(self, request: tickets_pb2.AddMessageRequest, context: Any) -> tickets_pb2.Message:
        wanted = Wanted(request.body, request.internal, etag=request.etag, take=request.take)
        return to_proto(await self._messages.add_message(uuid.UUID(request.ticket_id), wanted))

    async def ListMessages(
        self, request: tickets_pb2.ListMessagesRequest, context: Any
    ) -> tickets_pb2.ListMessagesResponse:
        position = self._pages.position(request)
        page = await self._messages.list_messages(
            uuid.UUID(request.ticket_id),
            after=position[0] if position else 0,
            size=page_size(request.page_size),
        )
        return tickets_pb2.ListMessagesResponse(
            messages=[to_proto(m) for m in page.messages],
            next_page_token=self._pages.token(request, [page.messages[-1].position]) if page.has_more else "",
        )


def to_proto(message: Message) -> tickets_pb2.Message:
    """A message's wire form."""
    return tickets_pb2.Message(
        id=str(message.id),
        ticket_id=str(message.ticket_id),
        author_kind=message.author.kind,  # type: ignore[arg-type]
        author_name=message.author.name,
        body=message.body,
        internal=message.internal,
        create_time=to_timestamp(message.created_at),
        contact_id=str(message.contact_id) if message.contact_id is not None else "",
    )
