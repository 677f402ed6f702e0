"""Blackening: what a copy says about others waits for a word, and what is blackened is nowhere in the answer."""

import asyncio
import json
import uuid

import pytest
from kontor.options.v1 import options_pb2
from kontor.privacy.v1 import holder_pb2
from sqlalchemy import select

from kernel.errors import DomainError
from services.privacy.requests.blackening.model import (
    Decision,
    NotOfThisText,
    PassageNotFound,
    Span,
    blackened,
    marked,
)
from services.privacy.requests.blackening.naming import NamesOfOthers
from services.privacy.requests.blackening.service import BlackeningService
from services.privacy.requests.blackening.tables import PassageDecision
from services.privacy.requests.model import Kind, State
from services.privacy.requests.sealing import Seal
from services.privacy.requests.working import Desk
from tests.privacy.holders import add_person
from tests.privacy.machine import Machine
from tests.privacy.pdftext import text_of

TEXT = "😀 Grüße von Jürgen Köhler, jürgen@nachbar.example, 030 9876543. <script>[*x*]</script>"


def service(machine: Machine) -> BlackeningService:
    clock = machine.parts.clock
    desk = Desk(machine.parts.database, clock, holders=list(machine.clients.values()), seal=Seal(["s" * 32]))
    return BlackeningService(desk, NamesOfOthers(machine.names))


def say(machine: Machine, *texts: str, provided: bool = False) -> None:
    machine.told["tickets"].records = [
        holder_pb2.Record(
            holder="tickets",
            dataset="note",
            record_id=str(number),
            values=[
                holder_pb2.Value(
                    column="body",
                    value=text,
                    category=options_pb2.CATEGORY_FREE_TEXT,
                    basis=holder_pb2.BASIS_CONTRACT,
                    provided=provided,
                )
            ],
        )
        for number, text in enumerate(texts)
    ]


async def held(machine: Machine, *texts: str, kind: Kind = Kind.ACCESS) -> tuple[uuid.UUID, uuid.UUID]:
    anna = await add_person(machine.contacts, email="anna@example.org")
    say(machine, *texts, provided=kind is Kind.PORTABILITY)
    request_id = (await machine.create(anna, kind)).request.id
    await machine.jobs().work()
    return anna, request_id


async def decide(machine: Machine, request_id: uuid.UUID, *words: str, reason: str = "identity") -> int:
    review = await service(machine).list_passages(request_id)
    passage = next(p for p in review.passages if p.id not in review.decisions)
    text = passage.value.value
    spans = tuple(Span(text.index(w), text.index(w) + len(w)) for w in words)
    return await service(machine).decide_passage(request_id, Decision(passage.id, spans, reason), by="dpo-1")


async def test_a_copy_that_names_others_waits_and_what_is_blackened_is_nowhere_in_it(
    machine: Machine,
) -> None:
    anna, request_id = await held(machine, TEXT)
    view = await machine.see(request_id, anna)
    assert (view.request.state, view.request.problem, view.formats) == (State.EXECUTING, "names-others", [])
    await machine.jobs().work()
    assert [t.reason for t in (await machine.see(request_id, anna)).transitions][-1:] == ["names-others"]
    gone = ("Jürgen Köhler", "jürgen@nachbar.example", "030 9876543")
    assert await decide(machine, request_id, *gone) == 0
    await machine.jobs().work()
    view = await machine.see(request_id, anna)
    assert (view.request.state, view.request.problem) == (State.COMPLETED, "")
    raw = await machine.document(request_id, anna, 1)
    content = json.loads(raw)
    assert not [word for word in gone if word in json.dumps(content, ensure_ascii=False)]
    assert "😀 Grüße von █████, █████, █████. <script>" in raw.decode()
    assert (content["blackened"]["spans"], content["blackened"]["texts"]) == (3, 1)
    pdf = text_of(await machine.document(request_id, anna, 2))
    assert "Köhler" not in pdf
    assert "geschwärzt: Rechte anderer" in pdf
    async with machine.parts.database.reading() as session:
        row = (await session.execute(select(PassageDecision))).scalar_one()
    assert (row.decided_by, row.reason, len(row.spans)) == ("dpo-1", "identity", 6)


async def test_a_copy_that_names_nobody_else_goes_out_at_once(machine: Machine) -> None:
    anna, request_id = await held(machine, "Bitte an ANNA@example.org schreiben, Rechnung 2026-11-25 10:00.")
    assert (await machine.see(request_id, anna)).request.state is State.COMPLETED
    assert json.loads(await machine.document(request_id, anna, 1))["blackened"]["text"] == ""


async def test_of_two_officers_at_once_the_first_word_counts(machine: Machine) -> None:
    _, request_id = await held(machine, TEXT, "bob@example.org")
    passage = (await service(machine).list_passages(request_id)).passages[0]
    words = [Decision(passage.id, (Span(0, n),), "identity") for n in (3, 5)]
    both = await asyncio.gather(
        *(service(machine).decide_passage(request_id, word, by="dpo") for word in words),
        return_exceptions=True,
    )
    assert sorted(type(each).__name__ for each in both) == ["PassageDecided", "int"]
    first = words[[type(each) for each in both].index(int)]
    assert await service(machine).decide_passage(request_id, first, by="dpo") == 1


async def test_a_text_that_changed_is_looked_at_again_and_one_that_went_holds_nothing_up(
    machine: Machine,
) -> None:
    anna, request_id = await held(machine, TEXT)
    passage = (await service(machine).list_passages(request_id)).passages[0]
    say(machine, TEXT + " Nachtrag")
    with pytest.raises(PassageNotFound):
        await service(machine).decide_passage(request_id, Decision(passage.id, (), "no-harm"), by="dpo")
    say(machine)
    machine.parts.clock.advance(hours=1)
    await machine.jobs().work()
    assert (await machine.see(request_id, anna)).request.state is State.COMPLETED


@pytest.mark.parametrize(
    ("spans", "reason"),
    [
        ((Span(0, 10_000),), "identity"),
        ((Span(5, 5),), "identity"),
        ((Span(-1, 2),), "identity"),
        ((Span(0, 2),), "no-harm"),
        ((), "identity"),
        ((), "because"),
    ],
)
async def test_a_span_outside_or_a_reason_that_does_not_fit_is_refused(
    machine: Machine, spans: tuple[Span, ...], reason: str
) -> None:
    _, request_id = await held(machine, TEXT)
    passage = (await service(machine).list_passages(request_id)).passages[0]
    with pytest.raises(NotOfThisText):
        await service(machine).decide_passage(request_id, Decision(passage.id, spans, reason), by="dpo")


async def test_data_to_take_along_is_blackened_in_every_form(machine: Machine) -> None:
    anna, request_id = await held(machine, TEXT, kind=Kind.PORTABILITY)
    await decide(machine, request_id, "Jürgen Köhler")
    await machine.jobs().work()
    text = (await machine.document(request_id, anna, 1)).decode()
    assert "█████" in text
    assert "Köhler" not in text


async def test_nothing_is_decided_about_a_copy_that_was_handed_out(machine: Machine) -> None:
    _, request_id = await held(machine, TEXT)
    passage = (await service(machine).list_passages(request_id)).passages[0]
    await decide(machine, request_id, reason="no-harm")
    await machine.jobs().work()
    with pytest.raises(DomainError) as refused:
        await service(machine).decide_passage(request_id, Decision(passage.id, (), "no-harm"), by="dpo")
    assert refused.value.reason == "NO_COPY"


async def test_a_text_that_has_nothing_but_a_name_waits_too(machine: Machine) -> None:
    machine.names.others = {("Köhler", "Jürgen")}
    anna, request_id = await held(
        machine, "Jürgen Köhler hat geholfen.", "Herr Köhler war da.", "Ein Köhler."
    )
    review = await service(machine).list_passages(request_id)
    assert [[p.text[s.start : s.end] for s in p.marks] for p in review.passages] == [
        ["Jürgen Köhler"],
        ["Köhler"],
    ]
    assert await decide(machine, request_id, "Jürgen Köhler") == 1
    assert await decide(machine, request_id, "Köhler") == 0
    await machine.jobs().work()
    raw = (await machine.document(request_id, anna, 1)).decode()
    assert "█████ hat geholfen." in raw
    assert "Herr █████ war da." in raw
    assert "Ein Köhler." in raw


async def test_what_was_blackened_stays_black_when_who_is_named_has_gone_meanwhile(machine: Machine) -> None:
    machine.names.others = {("Köhler", "Jürgen")}
    anna, request_id = await held(machine, "Jürgen Köhler hat geholfen.", "bob@example.org")
    await decide(machine, request_id, "Jürgen Köhler")
    machine.names.others = set()
    await decide(machine, request_id, "bob@example.org")
    await machine.jobs().work()
    assert (await machine.see(request_id, anna)).request.state is State.COMPLETED
    assert "Köhler" not in (await machine.document(request_id, anna, 1)).decode()


async def test_while_nobody_can_say_who_is_named_nothing_is_handed_out(machine: Machine) -> None:
    machine.names.down = True
    anna, request_id = await held(machine, "Jürgen Köhler hat geholfen.")
    assert (await machine.see(request_id, anna)).request.state is State.EXECUTING
    with pytest.raises(DomainError):
        await service(machine).list_passages(request_id)
    machine.names.down = False
    machine.parts.clock.advance(hours=2)
    await machine.jobs().work()
    assert (await machine.see(request_id, anna)).request.state is State.COMPLETED


def test_marks_are_what_is_not_the_persons_own() -> None:
    text = "ä😀 an Bob@x.example und +49 (30) 123-4567, nicht a@b.example, 0171 5554433"
    spans = marked(text, emails={"a@b.example"}, phones={"5554433"})
    assert [text[s.start : s.end] for s in spans] == ["Bob@x.example", "+49 (30) 123-4567"]
    assert blackened("abcdef", [Span(3, 5), Span(1, 4)]) == "a█████f"


def test_ten_thousand_addresses_and_hostile_text_are_read_in_one_pass() -> None:
    assert len(marked(" ".join(f"p{n}@x.example" for n in range(10_000)))) == 10_000
    assert marked("a@" * 50_000 + "0" * 50_000) == []
