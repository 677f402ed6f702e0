"""Lists of tickets: order, pages, filters, and what a customer sees of them."""

import uuid

import pytest
from kontor.tickets.v1 import tickets_pb2

from kernel.errors import InvalidArgument, NotFound
from tests.tickets.conftest import Desk, opening, update


async def numbers(stub: object, **request: object) -> list[int]:
    """All numbers of a list, page by page."""
    found: list[int] = []
    token = ""
    while True:
        asked = tickets_pb2.ListTicketsRequest(page_token=token, **request)  # type: ignore[arg-type]
        page = await stub.ListTickets(asked)  # type: ignore[attr-defined]
        found += [t.number for t in page.tickets]
        token = page.next_page_token
        if not token:
            return found


async def test_pages_go_newest_first_and_miss_nothing(desk: Desk) -> None:
    agent = desk.staff()
    made = [(await agent.CreateTicket(opening(desk.anna))).number for _ in range(7)]
    assert await numbers(agent, page_size=3) == sorted(made, reverse=True)


async def test_a_ticket_opened_between_pages_repeats_nothing(desk: Desk) -> None:
    agent = desk.staff()
    for _ in range(4):
        await agent.CreateTicket(opening(desk.anna))
    first = await agent.ListTickets(tickets_pb2.ListTicketsRequest(page_size=2))
    await agent.CreateTicket(opening(desk.ben))
    second = await agent.ListTickets(
        tickets_pb2.ListTicketsRequest(page_size=2, page_token=first.next_page_token)
    )
    assert [t.number for t in (*first.tickets, *second.tickets)] == [10004, 10003, 10002, 10001]


async def test_filters_narrow_and_count(desk: Desk) -> None:
    agent = desk.staff()
    mine = await agent.UpdateTicket(update(await agent.CreateTicket(opening(desk.anna)), take=True))
    free = await agent.CreateTicket(opening(desk.ben))
    assert await numbers(agent, owner_id=mine.owner_id) == [mine.number]
    assert await numbers(agent, owner_id="none") == [free.number]
    assert await numbers(agent, contact_id=desk.ben) == [free.number]
    assert await numbers(agent, states=[tickets_pb2.TICKET_STATE_OPEN]) == [mine.number]
    page = await agent.ListTickets(tickets_pb2.ListTicketsRequest(page_size=1))
    assert page.total_size == 2


async def test_a_customer_sees_only_their_own(desk: Desk) -> None:
    agent = desk.staff()
    own = await agent.CreateTicket(opening(desk.anna))
    await agent.CreateTicket(opening(desk.ben))
    anna = desk.customer(desk.anna)
    assert await numbers(anna) == [own.number]
    assert await numbers(anna, contact_id=desk.anna) == [own.number]
    with pytest.raises(NotFound):
        await numbers(anna, contact_id=desk.ben)


async def test_a_token_of_another_filter_is_refused(desk: Desk) -> None:
    agent = desk.staff()
    for _ in range(2):
        await agent.CreateTicket(opening(desk.anna))
    page = await agent.ListTickets(tickets_pb2.ListTicketsRequest(page_size=1))
    with pytest.raises(InvalidArgument) as refused:
        await agent.ListTickets(
            tickets_pb2.ListTicketsRequest(contact_id=desk.ben, page_token=page.next_page_token)
        )
    assert refused.value.reason == "PAGE_TOKEN_INVALID"


@pytest.mark.parametrize("size", [-1, 201])
async def test_page_sizes_out_of_range_are_refused(desk: Desk, size: int) -> None:
    with pytest.raises(InvalidArgument):
        await desk.staff().ListTickets(tickets_pb2.ListTicketsRequest(page_size=size))


async def test_an_opened_login_sees_colleagues_tickets_and_writes_on_none_of_them(desk: Desk) -> None:
    agent, anna = desk.staff(), desk.customer(desk.anna)
    stranger = str(uuid.uuid4())
    desk.contacts.ids.add(stranger)
    mine = await anna.CreateTicket(opening(desk.anna))
    theirs = await agent.CreateTicket(opening(desk.ben, subject="Lieferung"))
    hidden = await agent.CreateTicket(opening(stranger))
    await agent.AddMessage(
        tickets_pb2.AddMessageRequest(
            request_id=str(uuid.uuid4()), ticket_id=theirs.id, body="intern", internal=True
        )
    )
    assert await numbers(anna) == [mine.number]
    desk.contacts.colleagues[desk.anna] = [desk.ben]
    opened = desk.customer(desk.anna)
    assert await numbers(opened) == [theirs.number, mine.number]
    assert await numbers(opened, contact_ids=[desk.ben, stranger]) == [theirs.number]
    assert (await opened.GetTicket(tickets_pb2.GetTicketRequest(ticket_id=theirs.id))).contact_id == desk.ben
    said = await opened.ListMessages(tickets_pb2.ListMessagesRequest(ticket_id=theirs.id))
    assert "intern" not in {message.body for message in said.messages}
    for call in (
        opened.GetTicket(tickets_pb2.GetTicketRequest(ticket_id=hidden.id)),
        opened.ListMessages(tickets_pb2.ListMessagesRequest(ticket_id=hidden.id)),
        opened.AddMessage(
            tickets_pb2.AddMessageRequest(request_id=str(uuid.uuid4()), ticket_id=theirs.id, body="Ich auch!")
        ),
        opened.CreateTicket(opening(desk.ben)),
    ):
        with pytest.raises(NotFound):
            await call


async def test_the_most_urgent_come_first_and_of_those_the_oldest(desk: Desk) -> None:
    agent = desk.staff()
    low, urgent = tickets_pb2.TICKET_PRIORITY_LOW, tickets_pb2.TICKET_PRIORITY_URGENT
    wanted = [low, urgent, tickets_pb2.TICKET_PRIORITY_NORMAL, urgent, low]
    made = [(await agent.CreateTicket(opening(desk.anna, priority=p))).number for p in wanted]
    expected = [made[place] for place in (1, 3, 2, 0, 4)]
    assert await numbers(agent, order=tickets_pb2.TICKET_ORDER_URGENT, page_size=2) == expected
    assert await numbers(agent, order=tickets_pb2.TICKET_ORDER_NEWEST) == sorted(made, reverse=True)
    assert await numbers(agent, priorities=[urgent]) == [made[3], made[1]]
    page = await agent.ListTickets(tickets_pb2.ListTicketsRequest(priorities=[urgent, low], page_size=1))
    assert page.total_size == 4
