"""The person is told at each step, once, whatever campaigns does meanwhile; the request never waits for it."""

import asyncio
import uuid

import pytest
from kontor.privacy.v1 import holder_pb2, privacy_pb2

from kernel.errors import InvalidArgument
from services.privacy.requests.model import Kind, State
from services.privacy.requests.notices import store as notice_store
from tests.fixtures.realm import Realm
from tests.fixtures.serving import Serve
from tests.privacy.conftest import Doors
from tests.privacy.holders import add_person
from tests.privacy.machine import Machine
from tests.privacy.teller import Teller
from tests.privacy.test_course import extend, noted, refuse, verify
from tests.privacy.test_holds import place
from tests.privacy.test_requests_rpc import Door

RECEIVED, IDENTIFIED, EXTENDED, PLANNED, COMPLETED, REFUSED = range(1, 7)


@pytest.fixture
async def door(machine: Machine, serve: Serve, realm: Realm) -> Door:
    return await Door(machine, serve, realm).open()


async def test_a_copy_is_told_at_receipt_and_completion_and_once(machine: Machine, teller: Teller) -> None:
    anna = await add_person(machine.contacts)
    await machine.create(anna, Kind.ACCESS)
    await machine.jobs().work()
    for _ in range(2):
        await teller.job.tell()
    assert teller.campaigns.kinds == [RECEIVED, COMPLETED]
    assert {one.contact_id for one in teller.campaigns.asked} == {str(anna)}
    assert {one.due_date for one in teller.campaigns.asked} == {"2026-04-02"}


async def test_an_erasure_tells_of_its_plan(machine: Machine, teller: Teller) -> None:
    anna = await add_person(machine.contacts)
    await machine.create(anna, Kind.ERASURE)
    await machine.jobs().work()
    await teller.job.tell()
    assert teller.campaigns.kinds == [RECEIVED, PLANNED]


async def test_doubt_extension_and_refusal_are_told_with_the_day_of_their_step(
    door: Door, teller: Teller
) -> None:
    anna = await add_person(door.machine.contacts)
    dpo = door.as_staff("dpo")
    found = await dpo.CreateRequest(noted(anna, vouched_by="", in_doubt=True))
    await dpo.VerifyRequest(verify(found))
    await dpo.ExtendRequest(extend(found))
    await dpo.RefuseRequest(refuse(found, "excessive"))
    await teller.job.tell()
    assert [(one.kind, one.due_date) for one in teller.campaigns.asked] == [
        (RECEIVED, "2026-04-02"),
        (IDENTIFIED, "2026-04-02"),
        (EXTENDED, "2026-06-02"),
        (REFUSED, "2026-06-02"),
    ]


async def test_a_plan_that_staff_asked_for_is_not_the_persons_to_look_at(door: Door, teller: Teller) -> None:
    anna = await add_person(door.machine.contacts)
    await door.as_staff("dpo").CreateRequest(noted(anna, holder_pb2.REQUEST_KIND_ERASURE))
    await door.machine.jobs().work()
    await teller.job.tell()
    assert teller.campaigns.kinds == [RECEIVED]


async def test_campaigns_being_down_delays_the_mail_and_nothing_else(
    machine: Machine, teller: Teller
) -> None:
    teller.campaigns.down = True
    anna = await add_person(machine.contacts)
    request_id = (await machine.create(anna, Kind.ACCESS)).request.id
    await teller.job.tell()
    await machine.jobs().work()
    assert (await machine.see(request_id, anna)).request.state is State.COMPLETED
    await teller.job.tell()
    teller.campaigns.down = False
    await teller.job.tell()
    assert teller.campaigns.kinds == [RECEIVED, COMPLETED]


async def test_one_that_is_not_taken_holds_up_no_other(machine: Machine, teller: Teller) -> None:
    anna, berta = await add_person(machine.contacts), await add_person(machine.contacts)
    teller.campaigns.refuses = str(anna)
    await machine.create(anna, Kind.ACCESS)
    await machine.create(berta, Kind.ACCESS)
    await teller.job.tell()
    assert [one.contact_id for one in teller.campaigns.asked] == [str(berta)]
    teller.campaigns.refuses = None
    await teller.job.tell()
    assert [one.contact_id for one in teller.campaigns.asked] == [str(berta), str(anna)]


async def test_two_at_once_ask_for_the_same_mail(machine: Machine, teller: Teller) -> None:
    await machine.create(await add_person(machine.contacts), Kind.ACCESS)
    await asyncio.gather(teller.job.tell(), teller.job.tell())
    assert len({one.request_id for one in teller.campaigns.asked}) == 1


async def test_what_waited_when_the_erasure_began_is_told_to_nobody_and_does_not_wait_for_ever(
    machine: Machine, teller: Teller
) -> None:
    anna = await add_person(machine.contacts)
    berta = await add_person(machine.contacts, phone="+49 30 901821", family_name="Behrens")
    # Of two requests of hers nothing was told yet, and one of them is not the erasure.
    await machine.create(anna, Kind.ACCESS)
    request_id = await machine.confirmed(anna)
    await machine.create(berta, Kind.ACCESS)
    for _ in range(2):
        await teller.job.tell()
        # Whoever is erased is told that, by a mail about nobody.
        assert {one.contact_id for one in teller.campaigns.asked} <= {str(berta), ""}
        await machine.jobs().work()
    assert (await machine.see(request_id, anna)).request.state is State.COMPLETED
    await teller.job.tell()
    async with machine.parts.database.reading() as session:
        assert await notice_store.untold(session, limit=10) == []


async def test_what_a_hold_has_stopped_keeps_nobody_from_being_told(machine: Machine, teller: Teller) -> None:
    anna = await add_person(machine.contacts)
    await machine.confirmed(anna)
    await place(machine, anna)
    await machine.jobs().work()
    await machine.create(anna, Kind.ACCESS)
    await teller.job.tell()
    assert RECEIVED in teller.campaigns.kinds


def authorize(topic: str) -> privacy_pb2.AuthorizeRequest:
    return privacy_pb2.AuthorizeRequest(
        channel=privacy_pb2.CHANNEL_EMAIL,
        topic=topic,
        basis=holder_pb2.BASIS_LEGAL_OBLIGATION,
        candidates=[privacy_pb2.Candidate(contact_id=str(uuid.uuid4()), address="anna@demo.example")],
    )


async def test_a_duty_carries_the_own_request_and_no_advertising(doors: Doors) -> None:
    permits = doors.permits(doors.as_service())
    answer = await permits.Authorize(authorize("data-subject-request"))
    assert [(one.permitted, one.reason) for one in answer.decisions] == [(True, "legal-obligation")]
    for topic in ("newsletter", "login-invitation"):
        with pytest.raises(InvalidArgument):
            await permits.Authorize(authorize(topic))
    integrator = doors.permits(doors.realm.token("integrator", azp="erp", kontor_purposes="marketing"))
    with pytest.raises(InvalidArgument):
        await integrator.Authorize(authorize("data-subject-request"))
