"""The tickets process: wires its parts and serves."""

from __future__ import annotations

from kontor.privacy.v1 import bases_pb2_grpc, holder_pb2_grpc
from kontor.tickets.v1 import tickets_pb2_grpc

from kernel.clock import SystemClock
from kernel.lifecycle import Backend, run
from kernel.own_contact import RemoteOwnContact
from services.tickets.bases.rpc import SubjectBasesRpc
from services.tickets.bases.service import BasesService
from services.tickets.clients import ContactBook
from services.tickets.config import Settings
from services.tickets.holder import data_holder
from services.tickets.messages.service import Conversations, MessagesService
from services.tickets.rpc import TicketsRpc
from services.tickets.tables import metadata
from services.tickets.tickets.service import TicketsService


async def main() -> None:
    """Serves until told to stop."""
    settings = Settings()
    backend = Backend("tickets", settings, metadata=metadata)
    clock = SystemClock()

    contacts = backend.channel(settings.contacts_target, to="contacts")
    own_contact = RemoteOwnContact(contacts)

    conversations = Conversations(clock)
    tickets = TicketsService(
        database=backend.database,
        contacts=ContactBook(contacts),
        own_contact=own_contact,
        conversation=conversations,
        clock=clock,
    )
    messages = MessagesService(database=backend.database, tickets=tickets, conversations=conversations)

    backend.add(
        tickets_pb2_grpc.add_TicketsServicer_to_server,
        TicketsRpc(tickets=tickets, messages=messages, pages=backend.pages),
        "kontor.tickets.v1.Tickets",
    )
    backend.add(
        holder_pb2_grpc.add_DataHolderServicer_to_server,
        data_holder(database=backend.database, signer=backend.signer),
        "kontor.privacy.v1.DataHolder",
    )
    backend.add(
        bases_pb2_grpc.add_SubjectBasesServicer_to_server,
        SubjectBasesRpc(BasesService(backend.database)),
        "kontor.privacy.v1.SubjectBases",
    )
    await backend.run(own_contact=own_contact)


if __name__ == "__main__":
    run(main)
