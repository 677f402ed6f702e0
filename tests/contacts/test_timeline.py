"""The timeline: facts of every service go in once, and nothing comes back to who was erased."""

import asyncio
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from google.protobuf.message import Message
from kontor.campaigns.v1 import events_pb2 as campaigns
from kontor.contacts.v1 import contacts_pb2
from kontor.contacts.v1 import events_pb2 as contacts
from kontor.privacy.v1 import events_pb2 as privacy
from kontor.tickets.v1 import events_pb2 as tickets
from sqlalchemy import text

from kernel.bus import Bus
from kernel.consuming import Delivered, consumers_for
from services.contacts.consumers import consumers
from tests.contacts.conftest import House, request_id

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
REFERENCE = "0198c0de-0000-7000-8000-000000000001"
FACTS: list[tuple[type[Message], str]] = [
    (contacts.ContactCreated, "contact_id"),
    (tickets.TicketOpened, "ticket_id"),
    (tickets.MessageAdded, "ticket_id"),
    (campaigns.MessageSent, "campaign_id"),
    (privacy.ConsentGiven, "consent_id"),
    (privacy.ConsentWithdrawn, "consent_id"),
    (privacy.RequestReceived, "request_id"),
    (privacy.RequestCompleted, "request_id"),
]


async def deliver(
    house: House, message: Message, at: datetime = NOON, fact_id: uuid.UUID | None = None
) -> None:
    (subscription,) = [s for s in consumers(house.timeline) if s.fact is type(message)]
    fact = Delivered(fact_id or uuid.uuid4(), subscription.subject, message, at, {})
    await subscription.handle(fact)


async def timeline(house: House, contact_id: str, stub: Any = None, **values: Any) -> Any:
    return await (stub or house.contacts()).ListTimeline(
        contacts_pb2.ListTimelineRequest(contact_id=contact_id, **values)
    )


@pytest.mark.parametrize(("fact", "reference"), FACTS)
async def test_a_fact_told_twice_stands_there_once(house: House, fact: type[Message], reference: str) -> None:
    contact = await house.create()
    message = fact(**{reference: REFERENCE} | {"contact_id": contact.id})
    fact_id = uuid.uuid4()
    for _ in range(2):
        await deliver(house, message, fact_id=fact_id)
    (entry,) = (await timeline(house, contact.id)).entries
    assert entry.id == str(fact_id)
    assert entry.kind == fact.DESCRIPTOR.full_name
    assert entry.reference_id == (contact.id if reference == "contact_id" else REFERENCE)
    assert entry.happen_time.ToDatetime(tzinfo=UTC) == NOON


async def test_facts_about_nobody_or_the_erased_are_passed_over(house: House) -> None:
    await deliver(house, tickets.TicketOpened(ticket_id=REFERENCE, contact_id=request_id()))
    await deliver(house, tickets.TicketOpened(ticket_id=REFERENCE))
    async with house.database.reading() as session:
        assert (await session.execute(text("SELECT count(*) FROM timeline_entry"))).scalar() == 0


async def test_newest_first_in_pages(house: House) -> None:
    contact = await house.create()
    for hours in (2, 0, 1, 1, 3):
        await deliver(
            house,
            tickets.TicketOpened(ticket_id=f"{hours}", contact_id=contact.id),
            NOON + timedelta(hours=hours),
        )
    first = await timeline(house, contact.id, page_size=3)
    second = await timeline(house, contact.id, page_size=3, page_token=first.next_page_token)
    assert [e.reference_id for e in (*first.entries, *second.entries)] == ["3", "2", "1", "1", "0"]
    assert not second.next_page_token
    assert len({e.id for e in (*first.entries, *second.entries)}) == 5


async def test_customers_do_not_see_internal_messages(house: House) -> None:
    contact = await house.create(email="kunde@example.org")
    customer = house.customer("kunde@example.org")
    await customer.LinkLogin(contacts_pb2.LinkLoginRequest(request_id=request_id()))
    for number, internal in enumerate((False, True)):
        await deliver(
            house, tickets.MessageAdded(ticket_id=str(number), contact_id=contact.id, internal=internal)
        )
    assert [e.reference_id for e in (await timeline(house, contact.id, customer)).entries] == ["0"]
    assert len((await timeline(house, contact.id)).entries) == 2


async def test_facts_from_the_bus_reach_the_timeline_once(house: House, nats_url: str) -> None:
    contact = await house.create()
    bus = Bus(nats_url, name="test")
    await bus.connect()
    for stream in ("CONTACTS", "TICKETS", "CAMPAIGNS", "PRIVACY"):
        await bus.ensure_stream(stream, subjects=[f"{stream.lower()}.>"])
    fact = tickets.TicketOpened(ticket_id=REFERENCE, contact_id=contact.id)
    headers = {
        "ce-id": str(uuid.uuid4()),
        "ce-type": fact.DESCRIPTOR.full_name,
        "ce-source": "kontor/tickets",
        "ce-time": NOON.isoformat(),
    }
    running = consumers_for(
        service="contacts", subscriptions=consumers(house.timeline), bus=bus, database=house.database
    )
    tasks = [asyncio.create_task(consumer.run()) for consumer in running]
    for _ in range(2):
        await bus.jetstream.publish("tickets.ticket.opened", fact.SerializeToString(), headers=headers)
    # The fact that comes last shows that both deliveries of the first have been dealt with.
    last = tickets.TicketOpened(ticket_id="last", contact_id=contact.id)
    await bus.jetstream.publish(
        "tickets.ticket.opened", last.SerializeToString(), headers=headers | {"ce-id": str(uuid.uuid4())}
    )
    entries: list[Any] = []
    for _ in range(200):
        entries = list((await timeline(house, contact.id)).entries)
        if len(entries) > 1:
            break
        await asyncio.sleep(0.05)
    assert sorted(e.reference_id for e in entries) == [REFERENCE, "last"]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await bus.close()
