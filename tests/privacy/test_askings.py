"""A right without a login: nobody is looked up before the code, one mail at a time, and the time of asking counts."""

import asyncio
import hashlib
import uuid
from typing import Any

import pytest
from kontor.privacy.v1 import askings_pb2, holder_pb2, privacy_pb2

from kernel.errors import InvalidArgument, NotFound, PermissionDenied, ResourceExhausted
from services.privacy.requests.asking.model import A_DAY, AN_HOUR, Asked, ClientHasher
from services.privacy.requests.asking.service import AskingService
from services.privacy.requests.identity.model import MOST_TRIES, CodeHasher
from services.privacy.requests.model import Kind, Told
from services.privacy.requests.notices import store as notice_store
from services.privacy.suppression.model import Address
from tests.fixtures.realm import Realm
from tests.fixtures.serving import Serve
from tests.privacy.asking import ANNA, CODE, KEPT, LEFT, NOTHING_HELD, SECRET, Public, open_to_all
from tests.privacy.holders import add_person
from tests.privacy.machine import Killed, Machine, Reaper


@pytest.fixture
async def public(machine: Machine, serve: Serve, realm: Realm) -> Public:
    """It is Monday, 2 March 2026."""
    return await open_to_all(machine, serve, realm)


async def test_an_asking_becomes_a_request_that_came_when_it_was_asked(public: Public) -> None:
    anna = await add_person(public.machine.contacts, email="Anna@Example.org")
    await public.ask(message="Bitte auch die Mails.")
    asking_id = await public.mailed()
    public.machine.parts.clock.advance(days=3)
    assert await public.enter(asking_id)
    assert await public.requests() == []
    await public.jobs().work()
    (found,) = await public.requests()
    assert (found.contact_id, Kind(found.kind), found.on_behalf) == (str(anna), Kind.ACCESS, True)
    assert (found.channel, found.identity) == ("public-page", "verified-code")
    assert (found.due_date, found.suspended_due_date, found.doubt_days) == ("2026-04-02", "2026-04-07", 3)
    assert found.receive_time == found.transitions[0].time
    assert [(t.actor, t.reason) for t in found.transitions] == [
        ("subject", "by-public-page"),
        ("system", "identity-in-doubt"),
        ("subject", "verified-code"),
    ]
    async with public.machine.parts.database.reading() as session:
        assert [one.kind for one in await notice_store.untold(session, limit=10)] == [Told.RECEIVED]
    await public.machine.jobs().work()
    (done,) = await public.requests()
    assert done.state == privacy_pb2.REQUEST_STATE_COMPLETED
    said = await public.stub("agent").GetAskingMessage(askings_pb2.GetAskingMessageRequest(id=found.id))
    assert said.message == "Bitte auch die Mails."


async def test_known_and_unknown_addresses_leave_the_same_traces(public: Public) -> None:
    await add_person(public.machine.contacts, email=ANNA)
    await public.ask(ANNA, client="192.0.2.1")
    await public.ask("nobody@example.org", client="192.0.2.2")
    await public.jobs().work()
    assert public.finding.looked == 0
    assert [one.kind for one in public.mails.asked.values()] == [CODE, CODE]
    rows = await public.rows("SELECT letter, tries, ended_at, confirmed_at, settled_at FROM asking")
    assert rows[0] == rows[1]


async def test_an_unknown_address_is_told_so_and_leaves_nothing(public: Public) -> None:
    asking_id = await public.confirmed("nobody@example.org", message="Wer bin ich?")
    last = list(public.mails.asked.values())[-1]
    assert (last.asking_id, last.kind) == (asking_id, NOTHING_HELD)
    wanted = askings_pb2.GetAskingMailRequest(asking_id=asking_id, mail=last.kind)
    mail = await public.stub().GetAskingMail(wanted)
    assert (mail.email, Kind(mail.kind), mail.suppressed) == ("nobody@example.org", Kind.ACCESS, False)
    await public.prepare(asking_id, NOTHING_HELD)
    # Made again after a crash of the sender, it is still the answer.
    assert (await public.stub().GetAskingMail(wanted)).email == "nobody@example.org"
    assert await public.requests() == []
    public.machine.parts.clock.advance(days=1, seconds=1)
    await public.delete_overdue()
    assert await public.rows("SELECT 1 FROM asking") == []
    kept = await public.everything_kept()
    assert "nobody@example.org" not in kept
    assert "Wer bin ich" not in kept


async def test_a_suppressed_address_is_told_of_its_hash(public: Public) -> None:
    parts = public.machine.parts
    async with parts.database.transaction() as session:
        await parts.suppression.add(session, Address(1, ANNA), reason="erasure")
    asking_id = await public.confirmed()
    wanted = askings_pb2.GetAskingMailRequest(asking_id=asking_id, mail=NOTHING_HELD)
    assert (await public.stub().GetAskingMail(wanted)).suppressed


async def test_what_stands_without_a_person_gets_one(public: Public) -> None:
    public.machine.told["tickets"].findings.append(LEFT)
    await public.confirmed()
    assert public.making.made == [ANNA]
    assert [Kind(one.kind) for one in await public.requests()] == [Kind.ACCESS]


async def test_what_may_get_nobody_is_answered_by_a_person(public: Public) -> None:
    public.machine.told["tickets"].findings.append(LEFT)
    public.making.suppressed = True
    await public.confirmed()
    assert list(public.mails.asked.values())[-1].kind == KEPT
    assert await public.requests() == []


async def test_a_holder_that_is_down_never_makes_nothing_of_something(public: Public) -> None:
    public.machine.told["campaigns"].down = True
    await public.confirmed()
    assert [one.kind for one in public.mails.asked.values()] == [CODE]
    public.machine.told["campaigns"].down = False
    await public.jobs().work()
    assert [one.kind for one in public.mails.asked.values()] == [CODE, NOTHING_HELD]


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (Kind.ACCESS, {}),
        (Kind.ERASURE, {}),
        (Kind.RECTIFICATION, {"message": "Ich heiße jetzt Müller."}),
        (Kind.RESTRICTION, {"ground": 1}),
        (Kind.PORTABILITY, {}),
        (Kind.OBJECTION, {"objection": 1}),
        (Kind.OBJECTION, {"objection": 2}),
        (Kind.WITHDRAWAL, {}),
    ],
)
async def test_every_kind_can_be_asked_for(public: Public, kind: Kind, said: dict[str, Any]) -> None:
    await add_person(public.machine.contacts, email=ANNA)
    await public.confirmed(ANNA, kind, **said)
    (found,) = await public.requests()
    assert Kind(found.kind) is kind
    await public.machine.jobs().work()
    if kind is Kind.RECTIFICATION:
        wanted = privacy_pb2.GetCorrectionsRequest(id=found.id)
        (wrong,) = (await public.door.as_staff("agent").GetCorrections(wanted)).corrections
        assert (wrong.field, wrong.after) == ("other", "Ich heiße jetzt Müller.")


@pytest.mark.parametrize(
    ("said", "field_"),
    [
        ({"kind": Kind.RECTIFICATION}, "message"),
        ({"kind": Kind.RECTIFICATION, "message": "  \n "}, "message"),
        ({"kind": Kind.RESTRICTION}, "ground"),
        ({"kind": Kind.ACCESS, "ground": 1}, "ground"),
        ({"kind": Kind.OBJECTION}, "objection"),
        ({"kind": Kind.OBJECTION, "objection": 9}, "objection"),
        ({"email": "anna"}, "email"),
        ({"kind": 0}, "kind"),
        ({"message": "x" * 2001}, "message"),
    ],
)
async def test_what_cannot_be_asked_is_refused_before_any_mail(
    public: Public, said: dict[str, Any], field_: str
) -> None:
    with pytest.raises(InvalidArgument) as error:
        await public.ask(**said)
    assert field_ in error.value.violations
    assert await public.rows("SELECT 1 FROM asking") == []


async def test_the_code_is_good_once_for_its_own_asking_and_in_time(public: Public) -> None:
    await public.ask()
    asking_id = await public.mailed()
    assert not await public.enter(str(uuid.uuid4()))
    assert not await public.enter(asking_id, "AAAABBBBCCCC")
    await public.ask("bernd@example.org", client="192.0.2.9")
    other = await public.mailed()
    await public.prepare(other, code="B4NW9GQX2RHT")
    assert not await public.enter(other)
    assert await public.enter(asking_id, "k7qm-3xtd-9fwp")
    assert not await public.enter(asking_id)
    public.machine.parts.clock.advance(days=7)
    assert not await public.enter(other, "B4NW9GQX2RHT")
    with pytest.raises(NotFound):
        await public.prepare(other)


async def test_guessing_ends_the_asking(public: Public) -> None:
    await public.ask()
    asking_id = await public.mailed()
    for _ in range(MOST_TRIES):
        assert not await public.enter(asking_id, "AAAABBBBCCCC")
    assert not await public.enter(asking_id)


async def test_a_repeated_command_is_one_effect(public: Public) -> None:
    command = str(uuid.uuid4())
    for _ in range(2):
        await public.ask(request_id=command)
    asking_id = await public.mailed()
    command = str(uuid.uuid4())
    assert [await public.enter(asking_id, command=command) for _ in range(2)] == [True, True]
    await public.jobs().work()
    await public.jobs().work()
    assert [one.kind for one in public.mails.asked.values()] == [CODE, NOTHING_HELD]


async def test_two_at_once_are_one_mail_and_one_request(public: Public) -> None:
    await add_person(public.machine.contacts, email=ANNA)
    await asyncio.gather(*(public.ask(client=f"192.0.2.{n}") for n in range(8)))
    asking_id = await public.mailed()
    assert len(public.mails.asked) == 1
    assert sorted(await asyncio.gather(*(public.enter(asking_id) for _ in range(4)))) == [False] * 3 + [True]
    await public.jobs().work()
    assert len(await public.requests()) == 1


async def test_two_runs_at_once_make_one_request(public: Public) -> None:
    """A withdrawal is done at once: no open request would hold the second one up."""
    await add_person(public.machine.contacts, email=ANNA)
    await public.ask(kind=Kind.WITHDRAWAL)
    assert await public.enter(await public.mailed())
    await asyncio.gather(*(public.jobs().work() for _ in range(4)))
    assert len(await public.requests()) == 1


async def test_somebody_elses_address_gets_a_mail_and_nothing_else(public: Public) -> None:
    await add_person(public.machine.contacts, email=ANNA)
    await public.ask(ANNA, Kind.ERASURE)
    await public.mailed()
    public.machine.parts.clock.advance(days=7, seconds=1)
    await public.jobs().work()
    assert await public.requests() == []
    assert public.finding.looked == 0
    await public.delete_overdue()
    assert ANNA not in await public.everything_kept()


async def test_a_newer_asking_ends_the_older_after_a_pause(public: Public) -> None:
    await public.ask()
    first = await public.mailed()
    await public.ask(kind=Kind.ERASURE)
    assert await public.mailed() == first
    public.machine.parts.clock.advance(minutes=10, seconds=1)
    await public.ask(kind=Kind.ERASURE)
    second = await public.mailed()
    assert not await public.enter(first)
    assert await public.enter(second)


async def test_no_mailbox_is_filled(public: Public) -> None:
    for hour in range(12):
        await public.ask(client=f"192.0.2.{hour}")
        await public.jobs().work()
        public.machine.parts.clock.advance(hours=1)
    assert len(public.mails.asked) == A_DAY


async def test_one_client_sets_only_so_many_mails_going(public: Public) -> None:
    for number in range(AN_HOUR):
        await public.ask(f"person{number}@example.org", client=f"2001:db8:1:1::{number + 1:x}")
    with pytest.raises(ResourceExhausted) as error:
        await public.ask("more@example.org", client="2001:db8:1:1:ffff::1")
    assert error.value.reason == "TOO_MANY_ASKINGS"
    await public.ask("else@example.org", client="2001:db8:1:2::1")
    public.machine.parts.clock.advance(hours=1, seconds=1)
    await public.ask("more@example.org", client="2001:db8:1:1:ffff::1")
    assert "2001:db8" not in await public.everything_kept()


async def test_ten_thousand_askings_are_three_mails(public: Public) -> None:
    """Through the use case: the wire would only slow it down."""
    parts = public.machine.parts
    service = AskingService(
        parts.database,
        parts.clock,
        hashers=(CodeHasher(["s" * 32]), ClientHasher(["s" * 32])),
        suppression=parts.suppression,
        wake=lambda: None,
    )
    asked = Asked(email=ANNA, kind=Kind.ACCESS, language="de")
    for round_ in range(200):
        asks = (service.ask(asked, client=f"198.51.{round_}.{number}") for number in range(50))
        await asyncio.gather(*asks)
        parts.clock.advance(minutes=3)
    await public.jobs().work()
    (row,) = await public.rows("SELECT count(*) n, count(*) FILTER (WHERE ended_at IS NULL) open FROM asking")
    assert (row.n, row.open) == (A_DAY, 1)
    assert len(public.mails.asked) == 1


async def test_asking_again_for_what_is_open_is_told_of_it(public: Public) -> None:
    anna = await add_person(public.machine.contacts, email=ANNA)
    opened = (await public.machine.create(anna, Kind.ERASURE)).request.id
    await public.confirmed(ANNA, Kind.ERASURE)
    assert [one.id for one in await public.requests()] == [str(opened)]
    async with public.machine.parts.database.reading() as session:
        untold = await notice_store.untold(session, limit=10)
    assert [one.request_id for one in untold if one.kind is Told.RECEIVED] == [opened, opened]


async def test_while_an_erasure_runs_the_copy_waits_and_then_there_is_nothing(public: Public) -> None:
    anna = await add_person(public.machine.contacts, email=ANNA)
    await public.machine.confirmed(anna)
    await public.confirmed(ANNA)
    assert [Kind(one.kind) for one in await public.requests()] == [Kind.ERASURE]
    # The asking holds the address too, so the erasure takes it along: whoever asks again is told of nothing.
    await public.machine.jobs().work()
    await public.jobs().work()
    assert [one.state for one in await public.requests()] == [privacy_pb2.REQUEST_STATE_COMPLETED]


async def test_an_erasure_takes_an_open_asking_and_a_message_along(public: Public) -> None:
    anna = await add_person(public.machine.contacts, email=ANNA)
    await public.confirmed(ANNA, Kind.PORTABILITY, message="Mein Geheimnis.")
    public.machine.parts.clock.advance(minutes=11)
    await public.ask(ANNA)
    assert "Mein Geheimnis" in await public.everything_kept()
    await public.machine.confirmed(anna)
    await public.machine.jobs().work()
    kept = await public.everything_kept()
    assert "Mein Geheimnis" not in kept
    assert ANNA not in kept


async def test_campaigns_that_is_down_only_delays(public: Public) -> None:
    public.mails.down = True
    await public.ask()
    await public.jobs().work()
    assert public.mails.asked == {}
    public.mails.down = False
    await public.jobs().work()
    assert len(public.mails.asked) == 1


@pytest.mark.parametrize("known", [True, False])
async def test_killed_at_every_step_it_ends_once(public: Public, known: bool) -> None:
    if known:
        await add_person(public.machine.contacts, email=ANNA)
    await public.ask()
    asking_id = await public.mailed()
    assert await public.enter(asking_id)
    for step in range(1, 40):
        try:
            await public.jobs(Reaper(at=step)).work()
        except Killed:
            continue
        break
    await public.jobs().work()
    assert len(await public.requests()) == int(known)
    kinds = [one.kind for one in public.mails.asked.values()]
    assert kinds == ([CODE] if known else [CODE, NOTHING_HELD])


@pytest.mark.parametrize("role", ["customer", "agent", "dpo", "integrator"])
async def test_only_the_page_and_the_sender_of_mails_come_in(public: Public, role: str) -> None:
    stub = public.stub(role)
    ask = askings_pb2.AskRequest(
        request_id=str(uuid.uuid4()), email=ANNA, kind=holder_pb2.REQUEST_KIND_ACCESS, language="de"
    )
    with pytest.raises(PermissionDenied):
        await stub.Ask(ask)
    with pytest.raises(PermissionDenied):
        await stub.GetAskingMail(askings_pb2.GetAskingMailRequest(asking_id=str(uuid.uuid4()), mail=CODE))
    if role in ("customer", "integrator"):
        with pytest.raises(PermissionDenied):
            await stub.GetAskingMessage(askings_pb2.GetAskingMessageRequest(id=str(uuid.uuid4())))


async def test_neither_the_code_nor_the_client_is_kept_in_the_clear(public: Public) -> None:
    await public.ask()
    await public.mailed()
    kept = await public.everything_kept()
    assert SECRET not in kept
    assert hashlib.sha256(SECRET.encode()).hexdigest() not in kept
    assert "192.0.2.7" not in kept
