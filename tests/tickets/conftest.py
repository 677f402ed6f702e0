"""The tickets service with all stages on its own database, beside a contacts service that knows a few people."""

from __future__ import annotations

import base64
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import grpc
import pytest
from kontor.contacts.v1 import contacts_pb2, contacts_pb2_grpc, logins_pb2, logins_pb2_grpc
from kontor.privacy.v1 import holder_pb2_grpc
from kontor.tickets.v1 import tickets_pb2, tickets_pb2_grpc

from devstack.ports import LOOPBACK
from kernel.channel import service_channel
from kernel.clock import SystemClock
from kernel.db import Database
from kernel.errors import STATUS_METADATA, NotFound, to_status
from kernel.own_contact import RemoteOwnContact
from kernel.pages import Pages
from kernel.signing import Signer
from services.tickets.clients import ContactBook
from services.tickets.holder import data_holder
from services.tickets.messages.service import Conversations, MessagesService
from services.tickets.rpc import TicketsRpc
from services.tickets.tables import metadata
from services.tickets.tickets.service import TicketsService
from tests.fixtures.realm import Realm
from tests.fixtures.serving import FixedToken, OpenDatabase, Serve, Served

SEED = base64.b64encode(b"a test's seed".ljust(32)).decode()


@dataclass
class KnownContacts(contacts_pb2_grpc.ContactsServicer, logins_pb2_grpc.LoginsServicer):
    """Speaks the contract's two questions that tickets asks; logins are told apart by their token."""

    ids: set[str] = field(default_factory=set)
    by_token: dict[str, str] = field(default_factory=dict)
    # Contacts whose tickets the login of a contact sees, too.
    colleagues: dict[str, list[str]] = field(default_factory=dict)

    async def BatchGetContacts(
        self, request: contacts_pb2.BatchGetContactsRequest, context: Any
    ) -> contacts_pb2.BatchGetContactsResponse:
        missing = [i for i in request.contact_ids if i not in self.ids]
        found = [contacts_pb2.Contact(id=i) for i in request.contact_ids if i in self.ids]
        return contacts_pb2.BatchGetContactsResponse(contacts=found, missing_ids=missing)

    async def GetOwnView(self, request: logins_pb2.GetOwnViewRequest, context: Any) -> logins_pb2.OwnView:
        token = dict(context.invocation_metadata())["authorization"].removeprefix("Bearer ")
        if token not in self.by_token:
            error = NotFound("No contact.", reason="CONTACT_NOT_FOUND")
            details = ((STATUS_METADATA, to_status(error).SerializeToString()),)
            await context.abort(grpc.StatusCode.NOT_FOUND, error.message, details)
        own = self.by_token[token]
        seen = [logins_pb2.Colleague(contact_id=one) for one in self.colleagues.get(own, ())]
        return logins_pb2.OwnView(contact_id=own, colleagues=seen)


@dataclass
class Desk:
    """The running service and the people around it."""

    served: Served
    contacts: KnownContacts
    realm: Realm
    anna: str = field(default_factory=lambda: str(uuid.uuid4()))
    ben: str = field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def database(self) -> Database:
        return self.served.database

    def staff(self, role: str = "agent", name: str = "Jana Weiß") -> tickets_pb2_grpc.TicketsAsyncStub:
        return self._client(self.realm.token(role, name=name))

    def customer(
        self, contact_id: str | None, name: str = "Anna Krüger"
    ) -> tickets_pb2_grpc.TicketsAsyncStub:
        """A customer's client; without a contact the login belongs to nobody."""
        token = self.realm.token("customer", sub=str(uuid.uuid4()), name=name)
        if contact_id is not None:
            self.contacts.by_token[token] = contact_id
        return self._client(token)

    def holder(self) -> holder_pb2_grpc.DataHolderAsyncStub:
        return holder_pb2_grpc.DataHolderStub(self.served.channel(self.realm.token("service")))

    def _client(self, token: str) -> tickets_pb2_grpc.TicketsAsyncStub:
        return tickets_pb2_grpc.TicketsStub(self.served.channel(token))


@pytest.fixture
async def contacts_target() -> AsyncIterator[tuple[str, KnownContacts]]:
    """A contacts server and what it knows."""
    known = KnownContacts()  # type: ignore[abstract]
    server = grpc.aio.server()
    contacts_pb2_grpc.add_ContactsServicer_to_server(known, server)
    logins_pb2_grpc.add_LoginsServicer_to_server(known, server)
    port = server.add_insecure_port(f"{LOOPBACK}:0")
    await server.start()
    yield f"{LOOPBACK}:{port}", known
    await server.stop(None)


@pytest.fixture
async def desk(
    open_database: OpenDatabase, serve: Serve, realm: Realm, contacts_target: tuple[str, KnownContacts]
) -> AsyncIterator[Desk]:
    target, known = contacts_target
    channel = service_channel(target, FixedToken(realm.token("service")), callee="any")
    database, clock = open_database("tickets", metadata), SystemClock()
    own_contact, conversations = RemoteOwnContact(channel), Conversations(clock)
    tickets = TicketsService(
        database=database,
        contacts=ContactBook(channel),
        own_contact=own_contact,
        conversation=conversations,
        clock=clock,
    )
    messages = MessagesService(database=database, tickets=tickets, conversations=conversations)
    rpc = TicketsRpc(tickets=tickets, messages=messages, pages=Pages("a secret of at least 32 letters!!"))
    served = await serve(
        (tickets_pb2_grpc.add_TicketsServicer_to_server, rpc),
        (
            holder_pb2_grpc.add_DataHolderServicer_to_server,
            data_holder(database=database, signer=Signer(SEED)),
        ),
        database=database,
        own_contact=own_contact,
    )
    running = Desk(served, known, realm)
    known.ids |= {running.anna, running.ben}
    yield running
    await channel.close()


def opening(contact_id: str, **changes: Any) -> tickets_pb2.CreateTicketRequest:
    """A valid request; two calls make two different ones."""
    values = {
        "request_id": str(uuid.uuid4()),
        "contact_id": contact_id,
        "subject": "Heizung fällt aus",
        "body": "Seit gestern ist es kalt.\nGrüße aus Köln",
    }
    return tickets_pb2.CreateTicketRequest(**(values | changes))


def update(ticket: tickets_pb2.Ticket, **changes: Any) -> tickets_pb2.UpdateTicketRequest:
    return tickets_pb2.UpdateTicketRequest(
        **({"request_id": str(uuid.uuid4()), "ticket_id": ticket.id, "etag": ticket.etag} | changes)
    )


def reply(
    ticket: tickets_pb2.Ticket, body: str = "Vielen Dank!", **changes: Any
) -> tickets_pb2.AddMessageRequest:
    return tickets_pb2.AddMessageRequest(
        request_id=str(uuid.uuid4()), ticket_id=ticket.id, body=body, **changes
    )
