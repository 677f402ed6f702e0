"""Use cases of tickets: open, read, list, update."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from typing import Protocol

from kernel.clock import Clock
from kernel.db import AnySession, Database, WriteSession
from kernel.erased import is_erased
from kernel.errors import StaleEtag
from kernel.ids import new_id
from kernel.outbox import emit
from kernel.rpc.authorize import OwnContact
from kernel.rpc.call import current_principal, note_subjects
from kernel.rpc.rows import Rows, reachable_rows
from kernel.text import visible
from services.tickets import events
from services.tickets.tickets import store
from services.tickets.tickets.model import (
    Change,
    Channel,
    ContactNotFound,
    Filter,
    Owner,
    Priority,
    State,
    Ticket,
    TicketClosed,
    TicketNotFound,
    changed,
    state_after_message,
)
from services.tickets.tickets.tables import TicketRow


class Contacts(Protocol):
    """Knows who exists."""

    async def has(self, contact_id: uuid.UUID) -> bool: ...


class Conversation(Protocol):
    """Takes the first message of a ticket."""

    async def open(self, session: WriteSession, *, ticket: Ticket, body: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Opening:
    """What a new ticket is made of."""

    contact_id: uuid.UUID
    subject: str
    body: str
    priority: Priority | None
    channel: Channel


@dataclass(frozen=True, slots=True)
class TicketPage:
    """One page of a list, and how many there are in all (1,001: more than 1,000)."""

    tickets: list[Ticket]
    total: int
    has_more: bool


class TicketsService:
    """A customer reaches the own tickets only; everybody else was admitted by role."""

    def __init__(
        self,
        *,
        database: Database,
        contacts: Contacts,
        own_contact: OwnContact,
        conversation: Conversation,
        clock: Clock,
    ) -> None:
        self._database = database
        self._contacts = contacts
        self._own_contact = own_contact
        self._conversation = conversation
        self._clock = clock

    async def create_ticket(self, opening: Opening) -> Ticket:
        """Opens a ticket with its first message. Errors: ContactNotFound, also for one erased a moment ago."""
        if current_principal().is_customer_only:
            # How urgent it is and how it came is not the customer's to say; the contact is their own by the
            # access rule.
            opening = replace(opening, priority=None, channel=Channel.PORTAL)
        elif not await self._contacts.has(opening.contact_id):
            raise ContactNotFound
        now = self._clock.now()
        row = TicketRow(
            id=new_id(),
            contact_id=opening.contact_id,
            subject=visible(opening.subject),
            state=State.NEW,
            priority=opening.priority or Priority.NORMAL,
            channel=opening.channel,
            message_count=1,
            created_at=now,
            updated_at=now,
        )
        async with self._database.transaction() as session:
            # Whoever said that the contact exists said so before this transaction.
            if await is_erased(session, opening.contact_id):
                raise ContactNotFound
            ticket = await store.insert(session, row)
            await self._conversation.open(session, ticket=ticket, body=opening.body)
            await emit(session, events.ticket_opened(ticket))
        _note(ticket)
        return ticket

    async def get_ticket(self, ticket_id: uuid.UUID) -> Ticket:
        """The ticket. Errors: TicketNotFound, also for somebody else's."""
        rows = await self.rows_of_caller()
        async with self._database.reading() as session:
            return await self.reachable(session, ticket_id, rows)

    async def list_tickets(self, wanted: Filter, *, after: list[int] | None, size: int) -> TicketPage:
        """In the order of the filter, from behind this position on.

        Errors: ContactNotFound if a customer asks for somebody else's.
        """
        rows = await self.rows_of_caller(wanted=wanted.contact_id)
        if not rows.all and wanted.contact_id is not None and wanted.contact_id not in rows.contacts:
            raise ContactNotFound
        async with self._database.reading() as session:
            found = await store.page(session, wanted, rows, after=after, size=size + 1)
            total = await store.count(session, wanted, rows)
        shown = found[:size]
        _note(*shown)
        return TicketPage(shown, total, has_more=len(found) > size)

    async def update_ticket(self, ticket_id: uuid.UUID, change: Change, *, etag: str) -> Ticket:
        """Changes state, priority, owner; what is so already is no change, and nobody is told of it.

        Errors: TicketNotFound, StaleEtag, TicketClosed, TransitionRefused.
        """
        rows = await self.rows_of_caller()
        async with self._database.transaction() as session:
            ticket = await self.locked(session, ticket_id, rows)
            if etag and etag != ticket.etag:
                raise StaleEtag
            wanted = changed(ticket, change)
            if wanted == ticket:
                return ticket
            ticket = await store.change(
                session,
                ticket,
                state=wanted.state,
                priority=wanted.priority,
                updated_at=self._clock.now(),
                **_owned_by(wanted.owner),
            )
            await emit(session, events.ticket_updated(ticket))
        return ticket

    async def rows_of_caller(self, *, wanted: uuid.UUID | None = None) -> Rows:
        """Which tickets the caller reaches; asked before any transaction is open."""
        return await reachable_rows(self._own_contact, wanted=wanted)

    async def reachable(self, session: AnySession, ticket_id: uuid.UUID, rows: Rows) -> Ticket:
        """A ticket that this caller may see. Errors: TicketNotFound."""
        return _admitted(await store.find(session, ticket_id, rows))

    async def locked(self, session: WriteSession, ticket_id: uuid.UUID, rows: Rows) -> Ticket:
        """The same, held for a change until the transaction ends."""
        return _admitted(await store.lock(session, ticket_id, rows))

    async def count_message(
        self,
        session: WriteSession,
        ticket: Ticket,
        *,
        by_customer: bool,
        internal: bool,
        owner: Owner | None = None,
    ) -> Ticket:
        """What a message changes about its ticket; `owner` gets one that nobody has taken. Errors: TicketClosed."""
        if ticket.contact_id is None:
            # Not even a note: no erasure finds again what is written about somebody who was erased.
            raise TicketClosed
        taken = owner is not None and not ticket.owner_id
        state = state_after_message(ticket.state, by_customer=by_customer, internal=internal)
        counted = await store.change(
            session,
            ticket,
            state=state,
            message_count=ticket.message_count + 1,
            updated_at=self._clock.now(),
            **(_owned_by(owner) if owner is not None and taken else {}),
        )
        if state is not ticket.state or taken:
            await emit(session, events.ticket_updated(counted))
        return counted


def _owned_by(owner: Owner) -> dict[str, str | None]:
    return {"owner_id": owner.id or None, "owner_name": owner.name or None}


def _admitted(ticket: Ticket | None) -> Ticket:
    if ticket is None:
        raise TicketNotFound
    _note(ticket)
    return ticket


def _note(*tickets: Ticket) -> None:
    note_subjects([t.contact_id for t in tickets if t.contact_id is not None])
