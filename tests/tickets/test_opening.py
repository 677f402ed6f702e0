"""Opening and reading tickets: by staff, by customers, by people who must not."""

import uuid
from typing import Any

import pytest
from kontor.tickets.v1 import events_pb2, tickets_pb2
from sqlalchemy import text

from kernel.errors import InvalidArgument, NotFound, PermissionDenied, ResourceExhausted
from tests.tickets.conftest import Desk, opening, update


async def facts(desk: Desk) -> list[tuple[str, bytes]]:
    async with desk.database.reading() as session:
        rows = await session.execute(text("SELECT subject, payload FROM outbox ORDER BY seq"))
        return [(r.subject, bytes(r.payload)) for r in rows]


async def test_staff_open_a_ticket_with_its_first_message(desk: Desk) -> None:
    agent = desk.staff()
    ticket = await agent.CreateTicket(opening(desk.anna, channel=tickets_pb2.CHANNEL_PHONE))
    assert (ticket.number, ticket.state, ticket.priority, ticket.channel, ticket.message_count) == (
        10001,
        tickets_pb2.TICKET_STATE_NEW,
        tickets_pb2.TICKET_PRIORITY_NORMAL,
        tickets_pb2.CHANNEL_PHONE,
        1,
    )
    assert await agent.GetTicket(tickets_pb2.GetTicketRequest(ticket_id=ticket.id)) == ticket
    listed = await agent.ListMessages(tickets_pb2.ListMessagesRequest(ticket_id=ticket.id))
    assert [(m.author_name, m.body) for m in listed.messages] == [
        ("Jana Weiß", "Seit gestern ist es kalt.\nGrüße aus Köln")
    ]


async def test_opening_publishes_one_fact_with_ids_only(desk: Desk) -> None:
    ticket = await desk.staff().CreateTicket(opening(desk.anna))
    ((subject, payload),) = await facts(desk)
    assert subject == "tickets.ticket.opened"
    assert events_pb2.TicketOpened.FromString(payload) == events_pb2.TicketOpened(
        ticket_id=ticket.id, contact_id=desk.anna
    )


async def test_a_customer_opens_one_for_themselves(desk: Desk) -> None:
    ticket = await desk.customer(desk.anna).CreateTicket(opening(desk.anna))
    assert ticket.channel == tickets_pb2.CHANNEL_PORTAL
    assert ticket.contact_id == desk.anna


async def test_a_customer_does_not_say_how_urgent_it_is(desk: Desk) -> None:
    asked = opening(desk.anna, priority=tickets_pb2.TICKET_PRIORITY_URGENT)
    ticket = await desk.customer(desk.anna).CreateTicket(asked)
    assert ticket.priority == tickets_pb2.TICKET_PRIORITY_NORMAL


async def test_a_customer_cannot_open_one_for_somebody_else(desk: Desk) -> None:
    with pytest.raises(NotFound):
        await desk.customer(desk.anna).CreateTicket(opening(desk.ben))


async def test_staff_cannot_open_one_for_nobody(desk: Desk) -> None:
    with pytest.raises(NotFound) as refused:
        await desk.staff().CreateTicket(opening(str(uuid.uuid4())))
    assert refused.value.reason == "CONTACT_NOT_FOUND"


async def test_a_foreign_ticket_looks_like_none(desk: Desk) -> None:
    ticket = await desk.staff().CreateTicket(opening(desk.ben))
    anna = desk.customer(desk.anna)
    with pytest.raises(NotFound) as foreign:
        await anna.GetTicket(tickets_pb2.GetTicketRequest(ticket_id=ticket.id))
    with pytest.raises(NotFound) as missing:
        await anna.GetTicket(tickets_pb2.GetTicketRequest(ticket_id=str(uuid.uuid4())))
    assert (foreign.value.reason, foreign.value.message) == (missing.value.reason, missing.value.message)


async def test_a_login_without_a_contact_sees_nothing(desk: Desk) -> None:
    ticket = await desk.staff().CreateTicket(opening(desk.anna))
    with pytest.raises(PermissionDenied) as refused:
        await desk.customer(None).GetTicket(tickets_pb2.GetTicketRequest(ticket_id=ticket.id))
    assert refused.value.reason == "LOGIN_NOT_LINKED"


@pytest.mark.parametrize("role", ["customer", "dpo", "marketer", "integrator"])
async def test_only_the_desk_may_update(desk: Desk, role: str) -> None:
    ticket = await desk.staff().CreateTicket(opening(desk.anna))
    with pytest.raises(PermissionDenied):
        await desk.staff(role).UpdateTicket(update(ticket, take=True))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"subject": ""}, "subject"),
        ({"subject": "x" * 201}, "subject"),
        ({"subject": "zwei\nZeilen"}, "subject"),
        ({"body": "x" * 7_000_000}, "body"),
        ({"body": "Glocke \x07"}, "body"),
        ({"body": "Null \x00"}, "body"),
        ({"contact_id": "ABC"}, "contact_id"),
        ({"priority": 9}, "priority"),
        ({"request_id": "heute"}, "request_id"),
    ],
)
async def test_bad_input_names_its_field(desk: Desk, changes: dict[str, Any], field: str) -> None:
    request = opening(**({"contact_id": desk.anna} | changes))
    with pytest.raises(InvalidArgument) as refused:
        await desk.staff().CreateTicket(request)
    assert list(refused.value.violations) == [field]


async def test_a_note_of_ten_megabytes_does_not_even_arrive(desk: Desk) -> None:
    with pytest.raises(ResourceExhausted):
        await desk.staff().CreateTicket(opening(desk.anna, body="x" * 10_000_000))
