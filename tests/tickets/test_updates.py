"""Updating a ticket: states, priority, owner, etag."""

import asyncio

import pytest
from kontor.tickets.v1 import tickets_pb2
from sqlalchemy import text

from kernel.errors import Aborted, FailedPrecondition, InvalidArgument, NotFound
from services.tickets.tickets.model import TRANSITIONS, State, state_after_message
from tests.tickets.conftest import Desk, opening, update


async def test_taking_a_new_ticket_opens_it(desk: Desk) -> None:
    agent = desk.staff()
    ticket = await agent.CreateTicket(opening(desk.anna))
    taken = await agent.UpdateTicket(update(ticket, take=True))
    assert taken.state == tickets_pb2.TICKET_STATE_OPEN
    assert taken.owner_name == "Jana Weiß"
    assert taken.owner_id
    assert taken.etag != ticket.etag


async def test_unset_values_stay(desk: Desk) -> None:
    agent = desk.staff()
    ticket = await agent.CreateTicket(opening(desk.anna))
    taken = await agent.UpdateTicket(update(ticket, take=True))
    raised = await agent.UpdateTicket(update(taken, priority=tickets_pb2.TICKET_PRIORITY_URGENT))
    assert (raised.owner_id, raised.state) == (taken.owner_id, taken.state)
    assert raised.priority == tickets_pb2.TICKET_PRIORITY_URGENT


async def test_a_stale_etag_aborts_and_changes_nothing(desk: Desk) -> None:
    agent = desk.staff()
    ticket = await agent.CreateTicket(opening(desk.anna))
    current = await agent.UpdateTicket(update(ticket, priority=tickets_pb2.TICKET_PRIORITY_HIGH))
    with pytest.raises(Aborted) as refused:
        await agent.UpdateTicket(update(ticket, priority=tickets_pb2.TICKET_PRIORITY_LOW))
    assert refused.value.reason == "STALE_ETAG"
    assert await agent.GetTicket(tickets_pb2.GetTicketRequest(ticket_id=ticket.id)) == current


async def test_of_two_with_the_same_etag_one_wins(desk: Desk) -> None:
    agent = desk.staff()
    ticket = await agent.CreateTicket(opening(desk.anna))
    outcomes = await asyncio.gather(
        *(agent.UpdateTicket(update(ticket, take=True)) for _ in range(4)), return_exceptions=True
    )
    assert sum(isinstance(o, tickets_pb2.Ticket) for o in outcomes) == 1


@pytest.mark.parametrize("present", list(State))
@pytest.mark.parametrize("asked", list(State))
async def test_states_follow_the_table(desk: Desk, present: State, asked: State) -> None:
    agent = desk.staff()
    ticket = await agent.CreateTicket(opening(desk.anna))
    if present is not State.NEW:
        ticket = await agent.UpdateTicket(update(ticket, state=present))
    allowed = asked in TRANSITIONS[present] or (asked is present and present is not State.CLOSED)
    if allowed:
        assert (await agent.UpdateTicket(update(ticket, state=asked))).state == int(asked)
        return
    with pytest.raises(FailedPrecondition) as refused:
        await agent.UpdateTicket(update(ticket, state=asked))
    assert refused.value.reason == ("TICKET_CLOSED" if present is State.CLOSED else "TRANSITION_REFUSED")


async def test_every_update_is_a_fact(desk: Desk) -> None:
    agent = desk.staff()
    ticket = await agent.CreateTicket(opening(desk.anna))
    await agent.UpdateTicket(update(ticket, state=tickets_pb2.TICKET_STATE_SOLVED))
    async with desk.database.reading() as session:
        subjects = (await session.scalars(text("SELECT subject FROM outbox ORDER BY seq"))).all()
    assert subjects == ["tickets.ticket.opened", "tickets.ticket.updated"]


async def test_an_unknown_ticket_is_not_found(desk: Desk) -> None:
    ticket = tickets_pb2.Ticket(id="0198a000-0000-7000-8000-000000000009")
    with pytest.raises(NotFound):
        await desk.staff().UpdateTicket(update(ticket, take=True))


@pytest.mark.parametrize(
    ("state", "by_customer", "expected"),
    [
        (State.NEW, True, State.NEW),
        (State.PENDING, True, State.OPEN),
        (State.SOLVED, True, State.OPEN),
        (State.NEW, False, State.OPEN),
        (State.PENDING, False, State.PENDING),
        (State.SOLVED, False, State.SOLVED),
    ],
)
def test_what_a_message_does_to_the_state(state: State, by_customer: bool, expected: State) -> None:
    assert state_after_message(state, by_customer=by_customer, internal=False) is expected
    assert state_after_message(state, by_customer=by_customer, internal=True) is state


async def test_a_ticket_can_be_given_back(desk: Desk) -> None:
    agent = desk.staff()
    taken = await agent.UpdateTicket(update(await agent.CreateTicket(opening(desk.anna)), take=True))
    free = await agent.UpdateTicket(update(taken, release=True))
    assert (free.owner_id, free.owner_name, free.state) == ("", "", tickets_pb2.TICKET_STATE_OPEN)
    listed = await agent.ListTickets(tickets_pb2.ListTicketsRequest(owner_id="none"))
    assert [ticket.id for ticket in listed.tickets] == [free.id]
    with pytest.raises(InvalidArgument):
        await agent.UpdateTicket(update(free, take=True, release=True))


async def test_giving_back_a_new_ticket_leaves_it_new(desk: Desk) -> None:
    agent = desk.staff()
    ticket = await agent.CreateTicket(opening(desk.anna))
    assert (await agent.UpdateTicket(update(ticket, release=True))).state == tickets_pb2.TICKET_STATE_NEW


async def test_what_changes_nothing_is_no_change_and_no_fact(desk: Desk) -> None:
    agent = desk.staff()
    ticket = await agent.CreateTicket(opening(desk.anna))
    taken = await agent.UpdateTicket(update(ticket, take=True, priority=tickets_pb2.TICKET_PRIORITY_HIGH))
    again = await agent.UpdateTicket(
        update(
            taken,
            take=True,
            priority=tickets_pb2.TICKET_PRIORITY_HIGH,
            state=tickets_pb2.TICKET_STATE_OPEN,
        )
    )
    assert again == taken
    async with desk.database.reading() as session:
        told = await session.scalar(
            text("SELECT count(*) FROM outbox WHERE subject = 'tickets.ticket.updated'")
        )
    assert told == 1
