"""A small service for tests of the kernel: speaks the tickets contract, keeps notes, does as it is told."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

from kontor.tickets.v1 import events_pb2, tickets_pb2, tickets_pb2_grpc
from sqlalchemy import Column, Table, Text, Uuid, func, insert, select, text

from kernel.db import Database, WriteSession
from kernel.deletion import in_words
from kernel.ids import new_id
from kernel.outbox import Fact, emit
from kernel.personal import Basis, Category, Dataset, Erase, Personal, Purpose
from kernel.rpc.call import note_subjects
from kernel.rpc.rows import reachable_rows
from kernel.schema import NOTIFY_DDL, service_metadata
from tests.fixtures.serving import OwnContacts

metadata = service_metadata()
note = Table(
    "note",
    metadata,
    Column("id", Uuid, primary_key=True, info={"plain": True}),
    Column("contact_id", Uuid, info={"plain": True}),
    Column(
        "body",
        Text,
        info={"personal": Personal(Category.FREE_TEXT, Purpose.SERVICE, Basis.CONTRACT, Erase.DELETE_ROW)},
    ),
    info={"dataset": Dataset(deletion_class=in_words("end of test + 0 days"), subject="contact_id")},
)

Deed = Callable[[WriteSession], Awaitable[None]]


async def create_tables(database: Database) -> None:
    """The kernel's tables and the notes, with the trigger that hints to the relay."""
    async with database.engine.begin() as connection:
        known = await connection.scalar(text("SELECT to_regclass('note') IS NOT NULL"))
        if known:
            return
        await connection.run_sync(metadata.create_all)
        for ddl in NOTIFY_DDL:
            await connection.execute(text(ddl))


class SampleRpc(tickets_pb2_grpc.TicketsServicer):
    """CreateTicket writes a note and a fact; `deeds` run inside its transaction first; GetTicket reads."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.deeds: list[Deed] = []
        self.before_reading: list[Callable[[], Awaitable[None]]] = []
        self.calls = 0
        self.own = OwnContacts()
        # As if the use case did not know that callers reach different rows.
        self.forgetful = False

    async def CreateTicket(
        self, request: tickets_pb2.CreateTicketRequest, context: Any
    ) -> tickets_pb2.Ticket:
        self.calls += 1
        note_id = new_id()
        async with self.database.transaction() as session:
            await session.execute(
                insert(note).values(id=note_id, contact_id=uuid.UUID(request.contact_id), body=request.body)
            )
            for deed in self.deeds:
                await deed(session)
            await emit(session, opened(note_id, request.contact_id))
        return tickets_pb2.Ticket(id=str(note_id), contact_id=request.contact_id, subject=request.subject)

    async def GetTicket(self, request: tickets_pb2.GetTicketRequest, context: Any) -> tickets_pb2.Ticket:
        for act in self.before_reading:
            await act()
        note_subjects([request.ticket_id])
        if not self.forgetful:
            await reachable_rows(self.own)
        async with self.database.reading() as session:
            await session.execute(select(note.c.id))
        return tickets_pb2.Ticket(id=request.ticket_id)


def opened(ticket_id: uuid.UUID, contact_id: str) -> Fact:
    return Fact(
        "tickets.ticket.opened", events_pb2.TicketOpened(ticket_id=str(ticket_id), contact_id=contact_id)
    )


def creation(**changes: Any) -> tickets_pb2.CreateTicketRequest:
    """A valid request; two calls make two different ones."""
    values = {
        "request_id": str(uuid.uuid4()),
        "contact_id": str(uuid.uuid4()),
        "subject": "Heizung",
        "body": "Die Heizung fällt aus.",
    }
    return tickets_pb2.CreateTicketRequest(**(values | changes))


async def count(database: Database, table: str) -> int:
    """Rows that were committed to a table."""
    async with database.reading() as session:
        counted = await session.execute(select(func.count()).select_from(metadata.tables[table]))
        return int(counted.scalar_one())


async def until(condition: Callable[[], Awaitable[bool]], *, seconds: float = 10) -> None:
    """Returns as soon as the condition holds; fails the test after so many seconds."""
    async with asyncio.timeout(seconds):
        while not await condition():  # noqa: ASYNC110 - what is waited for happens in another process
            await asyncio.sleep(0.02)
