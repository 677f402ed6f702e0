"""The last mail after an erasure: once, to the address that is then forgotten, whatever happens."""

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from kontor.campaigns.v1 import notices_pb2
from kontor.privacy.v1 import farewells_pb2, farewells_pb2_grpc
from sqlalchemy import text, update

from kernel.errors import NotFound, PermissionDenied
from services.privacy.requests.farewell.model import FAILED, LASTS, NO_ADDRESS, SENT, FarewellOver
from services.privacy.requests.farewell.rpc import FarewellsRpc
from services.privacy.requests.farewell.service import FarewellService
from services.privacy.requests.model import Kind, State
from services.privacy.requests.rpc import partial_since
from services.privacy.requests.sealing import Seal
from tests.fixtures.realm import Realm
from tests.fixtures.serving import Serve
from tests.privacy.holders import Person, add_person
from tests.privacy.machine import Killed, Machine, Reaper, customer
from tests.privacy.teller import Teller
from tests.privacy.test_holds import place
from tests.privacy.test_partial import keep

ERASED, PARTLY_ERASED, HELD = 8, 9, 10
GONE, FAILS = notices_pb2.NOTICE_STATE_SENT, notices_pb2.NOTICE_STATE_FAILED


def farewells(machine: Machine, secret: str = "s" * 32) -> FarewellService:
    return FarewellService(machine.parts.database, machine.parts.clock, seal=Seal([secret]))


async def rows(machine: Machine, query: str) -> Sequence[Any]:
    async with machine.parts.database.reading() as session:
        return (await session.execute(text(query))).all()


async def erased(machine: Machine, contact: uuid.UUID) -> uuid.UUID:
    request_id = await machine.confirmed(contact)
    await machine.jobs().work()
    return request_id


async def reasons(machine: Machine, request_id: uuid.UUID, contact: uuid.UUID) -> list[str]:
    return [step.reason for step in (await machine.see(request_id, contact)).transitions]


def last(teller: Teller) -> notices_pb2.SendNoticeRequest:
    (found,) = [one for one in teller.campaigns.asked if one.kind in (ERASED, PARTLY_ERASED)]
    return found


async def test_who_is_erased_is_told_once_and_then_nobody_knows_the_address(
    machine: Machine,
    teller: Teller,
) -> None:
    anna = await add_person(machine.contacts, email="Anna@example.org")
    request_id = await erased(machine, anna)
    for _ in range(2):
        await teller.job.tell()
        await teller.farewells.tend()
    mail = last(teller)
    assert (mail.kind, mail.contact_id) == (ERASED, "")
    found = await farewells(machine).get_farewell(uuid.UUID(mail.request_id))
    assert (found.address, found.language, found.kept) == ("anna@example.org", "de", ())
    assert [one.file_name for one in found.enclosures] == [
        "loeschbescheinigung-2026-03-02.json",
        "loeschbescheinigung-2026-03-02.pdf",
    ]
    assert found.enclosures[0].content == await machine.document(request_id, anna, 1)
    assert b"anna" not in (await rows(machine, "SELECT sealed FROM request_farewell"))[0].sealed
    teller.campaigns.states[mail.request_id] = GONE
    for _ in range(2):
        await teller.farewells.tend()
        await teller.job.tell()
    assert await rows(machine, "SELECT 1 FROM request_farewell") == []
    with pytest.raises(FarewellOver):
        await farewells(machine).get_farewell(uuid.UUID(mail.request_id))
    assert (await reasons(machine, request_id, anna)).count(SENT) == 1
    assert last(teller) is mail


async def test_a_death_at_any_instant_neither_loses_nor_doubles_it(machine: Machine) -> None:
    anna = await add_person(machine.contacts)
    request_id = await machine.confirmed(anna)
    at = 1
    while True:
        try:
            await machine.jobs(Reaper(at)).work()
            break
        except Killed:
            ended = (await rows(machine, "SELECT state FROM subject_request"))[0].state == State.COMPLETED
            planned = await rows(
                machine, "SELECT n.kind FROM request_notice n JOIN request_farewell USING (id)"
            )
            # Both or neither: the mail belongs to the step.
            assert [row.kind for row in planned] == ([ERASED] if ended else [])
        at += 1
    assert at > 15
    assert (await machine.see(request_id, anna)).request.state is State.COMPLETED
    assert len(await rows(machine, "SELECT 1 FROM request_farewell")) == 1


@pytest.mark.parametrize("tries", [1, 2])
async def test_a_mail_that_cannot_be_delivered_takes_the_address_with_it_and_the_request_says_so(
    machine: Machine,
    teller: Teller,
    tries: int,
) -> None:
    anna = await add_person(machine.contacts)
    request_id = await erased(machine, anna)
    await teller.job.tell()
    teller.campaigns.states[last(teller).request_id] = FAILS
    for _ in range(tries):
        await teller.farewells.tend()
    assert await rows(machine, "SELECT 1 FROM request_farewell") == []
    assert (await reasons(machine, request_id, anna))[-2:] == ["erased", FAILED]
    assert (await machine.see(request_id, anna)).request.state is State.COMPLETED


@pytest.mark.parametrize("taken", [True, False])
async def test_its_time_is_bounded_whoever_is_down(
    machine: Machine,
    teller: Teller,
    taken: bool,
) -> None:
    anna = await add_person(machine.contacts)
    request_id = await erased(machine, anna)
    if taken:
        await teller.job.tell()
    teller.campaigns.down = True
    machine.parts.clock.advance(days=LASTS.days)
    await teller.farewells.tend()
    assert len(await rows(machine, "SELECT 1 FROM request_farewell")) == 1
    machine.parts.clock.advance(seconds=1)
    await teller.farewells.tend()
    assert await rows(machine, "SELECT 1 FROM request_farewell") == []
    assert (await reasons(machine, request_id, anna))[-1] == FAILED
    # What was not handed over by then is not handed over later.
    teller.campaigns.down = False
    before = len(teller.campaigns.asked)
    await teller.job.tell()
    assert len(teller.campaigns.asked) == before


async def test_what_a_law_keeps_is_named_and_its_later_end_needs_no_address(
    machine: Machine,
    teller: Teller,
) -> None:
    anna = await add_person(machine.contacts)
    keep(machine, until=datetime(2034, 12, 31, tzinfo=UTC))
    keep(machine, until=datetime(2030, 12, 31, tzinfo=UTC), evidence=True)
    request_id = await erased(machine, anna)
    await teller.job.tell()
    mail = last(teller)
    assert mail.kind == PARTLY_ERASED
    (kept,) = (await farewells(machine).get_farewell(uuid.UUID(mail.request_id))).kept
    assert (kept.what, kept.law, kept.until.isoformat()) == ("voucher", "§ 147 AO", "2034-12-31")
    teller.campaigns.states[mail.request_id] = GONE
    await teller.farewells.tend()
    partial = await machine.see(request_id, anna)
    assert partial.transitions[-1].reason == SENT
    machine.told["tickets"].more.clear()
    machine.parts.clock.set(datetime(2035, 1, 2, 9, 0, tzinfo=UTC))
    # Whom to name to recipients was forgotten long ago.
    await teller.farewells.tend()
    for _ in range(3):
        await machine.jobs().work()
    await teller.job.tell()
    assert (await machine.see(request_id, anna)).request.state is State.COMPLETED
    # Nobody has kept it for years to write once more (Art. 11(1) GDPR): the first mail has said when.
    assert (await reasons(machine, request_id, anna))[-1] == NO_ADDRESS
    assert last(teller) is mail
    assert await rows(machine, "SELECT 1 FROM request_farewell") == []


async def test_a_hold_is_told_while_it_stops_the_erasure_and_the_erasure_when_it_is_released(
    machine: Machine,
    teller: Teller,
) -> None:
    anna = await add_person(machine.contacts)
    await machine.confirmed(anna)
    hold = await place(machine, anna)
    for _ in range(2):
        await machine.jobs().work()
        await teller.job.tell()
    assert [(one.kind, one.contact_id) for one in teller.campaigns.asked][-1] == (HELD, str(anna))
    assert await rows(machine, "SELECT 1 FROM request_farewell") == []
    await machine.holds.release_hold(hold)
    for _ in range(3):
        await machine.jobs().work()
    await teller.job.tell()
    assert last(teller).kind == ERASED
    assert teller.campaigns.kinds.count(HELD) == 1


async def test_a_former_address_that_somebody_else_has_by_now_gets_no_mail(machine: Machine) -> None:
    anna = await add_person(machine.contacts, email="shared@example.org")
    request_id = (await machine.create(anna, Kind.ERASURE)).request.id
    await machine.jobs().work()
    async with machine.contacts.transaction() as session:
        await session.execute(update(Person).where(Person.id == anna).values(email=""))
    await add_person(machine.contacts, email="shared@example.org", phone="+49 30 1", family_name="Neu")
    await machine.service.confirm_request(request_id, caller=customer(anna))
    for _ in range(3):
        await machine.jobs().work()
    assert (await machine.see(request_id, anna)).request.state is State.COMPLETED
    assert await rows(machine, "SELECT 1 FROM request_farewell") == []
    assert (await reasons(machine, request_id, anna))[-1] == NO_ADDRESS


async def test_the_address_is_the_one_at_the_moment_of_the_erasure(machine: Machine) -> None:
    anna = await add_person(machine.contacts, email="zoe@example.org")
    request_id = (await machine.create(anna, Kind.ERASURE)).request.id
    await machine.jobs().work()
    async with machine.contacts.transaction() as session:
        await session.execute(update(Person).where(Person.id == anna).values(email="anna@example.org"))
    await machine.service.confirm_request(request_id, caller=customer(anna))
    for _ in range(3):
        await machine.jobs().work()
    (row,) = await rows(machine, "SELECT id FROM request_farewell")
    assert (await farewells(machine).get_farewell(row.id)).address == "anna@example.org"


async def test_without_the_secret_nobody_is_told_and_nothing_breaks(machine: Machine) -> None:
    await erased(machine, await add_person(machine.contacts))
    (row,) = await rows(machine, "SELECT id FROM request_farewell")
    with pytest.raises(FarewellOver):
        await farewells(machine, "another secret, long enough to be one").get_farewell(row.id)


async def test_no_person_opens_it_only_a_service(machine: Machine, serve: Serve, realm: Realm) -> None:
    await erased(machine, await add_person(machine.contacts, email="anna@example.org"))
    (row,) = await rows(machine, "SELECT id FROM request_farewell")
    served = await serve(
        (farewells_pb2_grpc.add_FarewellsServicer_to_server, FarewellsRpc(farewells(machine))),
        database=machine.parts.database,
        audience="kontor-privacy",
    )

    def as_client(role: str, client: str) -> "farewells_pb2_grpc.FarewellsAsyncStub":
        token = realm.token(role, sub=f"service-account-{client}", azp=client)
        return farewells_pb2_grpc.FarewellsStub(served.channel(token))

    wanted = farewells_pb2.GetFarewellRequest(farewell_id=str(row.id))
    for role, client in (
        ("dpo", "kontor-gateway"),
        ("customer", "kontor-portal"),
    ):
        with pytest.raises(PermissionDenied):
            await as_client(role, client).GetFarewell(wanted)
    campaigns = as_client("service", "kontor-campaigns")
    found = await campaigns.GetFarewell(wanted)
    assert found.address == "anna@example.org"
    assert found.enclosures[1].content.startswith(b"%PDF")
    with pytest.raises(NotFound):
        await campaigns.GetFarewell(farewells_pb2.GetFarewellRequest(farewell_id=str(uuid.uuid4())))


async def test_what_is_noted_later_does_not_move_the_day_on_which_the_clock_ended(
    machine: Machine,
    teller: Teller,
) -> None:
    anna = await add_person(machine.contacts)
    keep(machine, until=datetime(2034, 12, 31, tzinfo=UTC))
    request_id = await erased(machine, anna)
    ended = machine.parts.clock.now()
    await teller.job.tell()
    teller.campaigns.states[last(teller).request_id] = GONE
    machine.parts.clock.advance(seconds=timedelta(days=1).total_seconds())
    await teller.farewells.tend()
    assert partial_since(await machine.see(request_id, anna)) == ended
