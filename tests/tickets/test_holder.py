"""Tickets as a data holder: what is collected, what erasure leaves, what the probe finds."""

import uuid

from kontor.privacy.v1 import holder_pb2
from kontor.tickets.v1 import tickets_pb2
from sqlalchemy import text

from kernel.signing import Signer, is_signed, signed_content
from tests.tickets.conftest import SEED, Desk, opening, reply

IDENTIFIERS = holder_pb2.Identifiers(emails=["anna@example.org"], names=["Anna Krüger"])


async def plan(desk: Desk, subject: str) -> holder_pb2.PlanResponse:
    return await desk.holder().Plan(
        holder_pb2.PlanRequest(
            request_id=str(uuid.uuid4()),
            subject_id=subject,
            identifiers=IDENTIFIERS,
            kind=holder_pb2.REQUEST_KIND_ERASURE,
        )
    )


async def execute(desk: Desk, planned: holder_pb2.PlanResponse) -> holder_pb2.Receipt:
    return await desk.holder().Execute(
        holder_pb2.ExecuteRequest(
            request_id=str(uuid.uuid4()), plan_id=planned.plan_id, plan_hash=planned.plan_hash
        )
    )


async def probe(desk: Desk, subject: str) -> list[holder_pb2.Finding]:
    answer = await desk.holder().Probe(holder_pb2.ProbeRequest(subject_id=subject, identifiers=IDENTIFIERS))
    return [f for f in answer.findings if not f.law]


async def converse(desk: Desk) -> tickets_pb2.Ticket:
    anna = desk.customer(desk.anna)
    ticket = await anna.CreateTicket(opening(desk.anna, body="Bitte an anna@example.org antworten."))
    await desk.staff().AddMessage(reply(ticket, "Gern, Anna Krüger."))
    return ticket


async def test_everything_about_the_subject_is_collected(desk: Desk) -> None:
    await converse(desk)
    await desk.staff().CreateTicket(opening(desk.ben, body="Anderes"))
    stream = desk.holder().Collect(holder_pb2.CollectRequest(subject_id=desk.anna, identifiers=IDENTIFIERS))
    values = [v.value async for record in stream for v in record.values]
    assert "Bitte an anna@example.org antworten." in values
    assert "Heizung fällt aus" in values
    assert "Anderes" not in values


async def test_erasure_deletes_the_words_and_keeps_the_count(desk: Desk) -> None:
    ticket = await converse(desk)
    kept = await desk.staff().CreateTicket(opening(desk.ben))
    planned = await plan(desk, desk.anna)
    receipt = await execute(desk, planned)
    assert {(d.dataset, d.action, d.rows) for d in receipt.done} >= {
        ("message", holder_pb2.ACTION_DELETE_ROW, 2),
        ("ticket", holder_pb2.ACTION_NULL, 1),
    }
    assert is_signed(signed_content(receipt), receipt.signature, Signer(SEED).public_key)

    left = await desk.staff().GetTicket(tickets_pb2.GetTicketRequest(ticket_id=ticket.id))
    assert (left.contact_id, left.subject, left.number) == ("", "[erased]", ticket.number)
    assert left.state == tickets_pb2.TICKET_STATE_CLOSED
    other = await desk.staff().GetTicket(tickets_pb2.GetTicketRequest(ticket_id=kept.id))
    assert (other.contact_id, other.state) == (desk.ben, tickets_pb2.TICKET_STATE_NEW)
    async with desk.database.reading() as session:
        assert await session.scalar(text("SELECT count(*) FROM message")) == 1


async def test_the_probe_finds_the_subject_before_and_nobody_after(desk: Desk) -> None:
    await converse(desk)
    assert {f.dataset for f in await probe(desk, desk.anna)} >= {"ticket", "message"}
    await execute(desk, await plan(desk, desk.anna))
    assert await probe(desk, desk.anna) == []


async def test_executing_twice_answers_the_same_receipt(desk: Desk) -> None:
    await converse(desk)
    planned = await plan(desk, desk.anna)
    assert await execute(desk, planned) == await execute(desk, planned)


async def test_open_tickets_of_an_erased_person_end(desk: Desk) -> None:
    ticket = await converse(desk)
    await execute(desk, await plan(desk, desk.anna))
    waiting = await desk.staff().ListTickets(
        tickets_pb2.ListTicketsRequest(states=[tickets_pb2.TICKET_STATE_NEW, tickets_pb2.TICKET_STATE_OPEN])
    )
    assert ticket.id not in {left.id for left in waiting.tickets}
