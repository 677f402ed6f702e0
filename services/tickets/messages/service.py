"""Use cases of messages: add one, list them."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from kernel.clock import Clock
from kernel.db import Database, WriteSession
from kernel.errors import StaleEtag
from kernel.ids import new_id
from kernel.outbox import emit
from kernel.rpc.call import current_principal
from kernel.text import visible
from services.tickets import events
from services.tickets.messages import store
from services.tickets.messages.model import Author, AuthorKind, Message, author_of
from services.tickets.messages.tables import MessageRow
from services.tickets.tickets.model import Owner, Ticket
from services.tickets.tickets.service import TicketsService


@dataclass(frozen=True, slots=True)
class MessagePage:
    """One page of a conversation."""

    messages: list[Message]
    has_more: bool


@dataclass(frozen=True, slots=True)
class Wanted:
    """A message that somebody wants to add. `etag` is the ticket as they saw it, `take` makes an answer theirs."""

    body: str
    internal: bool
    etag: str = ""
    take: bool = False


class Conversations:
    """Writes messages in the name of the caller."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def open(self, session: WriteSession, *, ticket: Ticket, body: str) -> None:
        """The first message of a ticket; it is part of the opening."""
        await self.write(session, ticket=ticket, author=_caller(), body=body, internal=False)

    async def write(
        self, session: WriteSession, *, ticket: Ticket, author: Author, body: str, internal: bool
    ) -> Message:
        """Puts a message behind the others."""
        row = MessageRow(
            id=new_id(),
            ticket_id=ticket.id,
            author_kind=author.kind,
            author_name=author.name,
            body=visible(body),
            internal=internal,
            created_at=self._clock.now(),
        )
        return await store.insert(session, row, contact_id=ticket.contact_id)


class MessagesService:
    """Who may reach a ticket may read its conversation: customers the public part of it."""

    def __init__(self, *, database: Database, tickets: TicketsService, conversations: Conversations) -> None:
        self._database = database
        self._tickets = tickets
        self._conversations = conversations

    async def add_message(self, ticket_id: uuid.UUID, wanted: Wanted) -> Message:
        """Adds a message; a customer's is public. Errors: TicketNotFound, StaleEtag, TicketClosed."""
        rows = await self._tickets.rows_of_caller()
        author = _caller()
        internal = wanted.internal and not author.is_customer
        takes = wanted.take and author.kind is AuthorKind.STAFF and not internal
        async with self._database.transaction() as session:
            ticket = await self._tickets.locked(session, ticket_id, rows)
            if wanted.etag and wanted.etag != ticket.etag:
                raise StaleEtag
            message = await self._conversations.write(
                session, ticket=ticket, author=author, body=wanted.body, internal=internal
            )
            await emit(session, events.message_added(message, contact_id=ticket.contact_id))
            await self._tickets.count_message(
                session,
                ticket,
                by_customer=author.is_customer,
                internal=internal,
                owner=_owner() if takes else None,
            )
        return message

    async def list_messages(self, ticket_id: uuid.UUID, *, after: int, size: int) -> MessagePage:
        """Oldest first; customers see public messages only. Errors: TicketNotFound."""
        rows = await self._tickets.rows_of_caller()
        public_only = current_principal().is_customer_only
        async with self._database.reading() as session:
            ticket = await self._tickets.reachable(session, ticket_id, rows)
            found = await store.page(session, ticket, public_only=public_only, after=after, size=size + 1)
        return MessagePage(found[:size], has_more=len(found) > size)


def _owner() -> Owner:
    principal = current_principal()
    return Owner(principal.subject, principal.name)


def _caller() -> Author:
    principal = current_principal()
    return author_of(roles=principal.roles, name=principal.name)
