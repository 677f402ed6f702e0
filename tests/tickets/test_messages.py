"""The conversation: who may write and read what, and what it does to the ticket."""

import asyncio

import pytest
from kontor.tickets.v1 import events_pb2, tickets_pb2
from sqlalchemy import text

from kernel.errors import Aborted, FailedPrecondition, NotFound
from tests.tickets.conftest import Desk, opening, reply, update


async def bodies(stub: object, ticket: tickets_pb2.Ticket, size: int = 0) -> list[str]:
    found: list[str] = []
    token = ""
    while True:
        request = tickets_pb2.ListMessagesRequest(ticket_id=ticket.id, page_size=size, page_token=token)
        page = await stub.ListMessages(request)  # type: ignore[attr-defined]
        found += [m.body for m in page.messages]
        token = page.next_page_token
        if not token:
            return found


async def test_customer_and_staff_talk(desk: Desk) -> None:
    agent, anna = desk.staff(), desk.customer(desk.anna)
    ticket = await anna.CreateTicket(opening(desk.anna, body="Es ist kalt."))
    answer = await agent.AddMessage(reply(ticket, "Wir kommen morgen."))
    assert (answer.author_kind, answer.author_name) == (tickets_pb2.AUTHOR_KIND_STAFF, "Jana Weiß")
    thanks = await anna.AddMessage(reply(ticket, "Danke!"))
    assert (thanks.author_kind, thanks.author_name) == (tickets_pb2.AUTHOR_KIND_CUSTOMER, "Anna Krüger")
    expected = ["Es ist kalt.", "Wir kommen morgen.", "Danke!"]
    assert await bodies(anna, ticket) == await bodies(agent, ticket, size=1) == expected
    current = await agent.GetTicket(tickets_pb2.GetTicketRequest(ticket_id=ticket.id))
    assert (current.state, current.message_count) == (tickets_pb2.TICKET_STATE_OPEN, 3)


async def test_internal_notes_stay_inside(desk: Desk) -> None:
    agent, anna = desk.staff(), desk.customer(desk.anna)
    ticket = await anna.CreateTicket(opening(desk.anna, body="Es ist kalt."))
    note = await agent.AddMessage(reply(ticket, "Schon der dritte Ausfall.", internal=True))
    assert note.internal
    assert await bodies(anna, ticket) == ["Es ist kalt."]
    assert len(await bodies(agent, ticket)) == 2
    current = await agent.GetTicket(tickets_pb2.GetTicketRequest(ticket_id=ticket.id))
    assert current.state == tickets_pb2.TICKET_STATE_NEW


async def test_a_customer_cannot_write_internally(desk: Desk) -> None:
    anna = desk.customer(desk.anna)
    ticket = await anna.CreateTicket(opening(desk.anna))
    message = await anna.AddMessage(reply(ticket, "Hallo?", internal=True))
    assert not message.internal


async def test_a_customers_answer_reopens_a_solved_ticket(desk: Desk) -> None:
    agent, anna = desk.staff(), desk.customer(desk.anna)
    ticket = await anna.CreateTicket(opening(desk.anna))
    await agent.UpdateTicket(update(ticket, state=tickets_pb2.TICKET_STATE_SOLVED))
    await anna.AddMessage(reply(ticket, "Doch noch nicht."))
    current = await agent.GetTicket(tickets_pb2.GetTicketRequest(ticket_id=ticket.id))
    assert current.state == tickets_pb2.TICKET_STATE_OPEN
    async with desk.database.reading() as session:
        rows = (await session.execute(text("SELECT subject, payload FROM outbox ORDER BY seq"))).all()
    assert [r.subject for r in rows][2:] == ["tickets.message.added", "tickets.ticket.updated"]
    added = events_pb2.MessageAdded.FromString(bytes(rows[2].payload))
    assert (added.contact_id, added.author_kind) == (desk.anna, tickets_pb2.AUTHOR_KIND_CUSTOMER)


async def test_a_closed_ticket_takes_notes_but_no_answers(desk: Desk) -> None:
    agent, anna = desk.staff(), desk.customer(desk.anna)
    ticket = await anna.CreateTicket(opening(desk.anna))
    await agent.UpdateTicket(update(ticket, state=tickets_pb2.TICKET_STATE_CLOSED))
    for writer in (anna, agent):
        with pytest.raises(FailedPrecondition) as refused:
            await writer.AddMessage(reply(ticket))
        assert refused.value.reason == "TICKET_CLOSED"
    await agent.AddMessage(reply(ticket, "Rechnung liegt bei.", internal=True))


async def test_a_foreign_conversation_looks_like_none(desk: Desk) -> None:
    ticket = await desk.staff().CreateTicket(opening(desk.ben))
    anna = desk.customer(desk.anna)
    with pytest.raises(NotFound):
        await bodies(anna, ticket)
    with pytest.raises(NotFound):
        await anna.AddMessage(reply(ticket))


async def test_many_at_once_are_all_counted(desk: Desk) -> None:
    agent = desk.staff()
    ticket = await agent.CreateTicket(opening(desk.anna))
    await asyncio.gather(*(agent.AddMessage(reply(ticket, f"Nr. {n}")) for n in range(8)))
    current = await agent.GetTicket(tickets_pb2.GetTicketRequest(ticket_id=ticket.id))
    assert current.message_count == len(await bodies(agent, ticket)) == 9


async def test_a_machine_speaks_for_the_customer(desk: Desk) -> None:
    ticket = await desk.staff().CreateTicket(opening(desk.anna))
    message = await desk.staff("integrator", name="svc").AddMessage(reply(ticket, "Per E-Mail"))
    assert (message.author_kind, message.author_name) == (tickets_pb2.AUTHOR_KIND_CUSTOMER, "")


async def test_a_reply_to_a_ticket_as_it_no_longer_is_is_not_stored(desk: Desk) -> None:
    agent, anna = desk.staff(), desk.customer(desk.anna)
    seen = await anna.CreateTicket(opening(desk.anna))
    solved = await agent.UpdateTicket(update(seen, state=tickets_pb2.TICKET_STATE_SOLVED))
    with pytest.raises(Aborted) as refused:
        await agent.AddMessage(reply(seen, "Wir melden uns.", etag=seen.etag))
    assert refused.value.reason == "STALE_ETAG"
    assert await agent.GetTicket(tickets_pb2.GetTicketRequest(ticket_id=seen.id)) == solved
    sent = reply(solved, "Wir melden uns.", etag=solved.etag)
    # Sent twice it is the first answer again, though the ticket has moved on by then.
    assert await agent.AddMessage(sent) == await agent.AddMessage(sent)
    assert await bodies(agent, seen) == ["Seit gestern ist es kalt.\nGrüße aus Köln", "Wir melden uns."]


async def test_an_answer_takes_a_free_ticket_and_never_somebody_elses(desk: Desk) -> None:
    jana, jonas = desk.staff(), desk.staff(name="Jonas Weber")
    ticket = await jana.CreateTicket(opening(desk.anna))
    asked = tickets_pb2.GetTicketRequest(ticket_id=ticket.id)
    await jana.AddMessage(reply(ticket, "Kennt das jemand?", internal=True, take=True))
    await desk.customer(desk.anna).AddMessage(reply(ticket, "Hallo?", take=True))
    await desk.staff("integrator", name="svc").AddMessage(reply(ticket, "Per E-Mail", take=True))
    assert (await jana.GetTicket(asked)).owner_id == ""
    await jana.AddMessage(reply(ticket, take=True))
    assert (await jana.GetTicket(asked)).owner_name == "Jana Weiß"
    await jonas.AddMessage(reply(ticket, take=True))
    assert (await jana.GetTicket(asked)).owner_name == "Jana Weiß"
    async with desk.database.reading() as session:
        subjects = (await session.scalars(text("SELECT subject FROM outbox ORDER BY seq"))).all()
    # That it has an owner now is a fact; that it kept one is none.
    assert subjects.count("tickets.ticket.updated") == 1
