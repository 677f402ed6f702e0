"""Recipients hear of erasures and restrictions (Art. 19): after they are done, by name, and not for ever."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from kontor.privacy.v1 import farewells_pb2, farewells_pb2_grpc
from sqlalchemy import text

from kernel.errors import NotFound, PermissionDenied
from services.privacy.requests.farewell.model import NobodyToName
from services.privacy.requests.farewell.rpc import FarewellsRpc
from services.privacy.requests.farewell.service import FarewellService
from services.privacy.requests.model import Filter, Kind, State
from services.privacy.requests.sealing import Seal
from services.privacy.requests.tables import TELLING_LASTS
from tests.fixtures.realm import Realm
from tests.fixtures.serving import Serve
from tests.privacy.holders import add_person
from tests.privacy.machine import Machine
from tests.privacy.teller import Teller
from tests.privacy.test_partial import LAST, keep
from tests.privacy.test_rights import OFFICER, WISHES, settle

HOST, RELAY, SERVICING = "Rechenzentrum Spree GmbH, Berlin", "Mail Relay Inc.", "Fernwartung AG"


def farewells(machine: Machine) -> FarewellService:
    return FarewellService(machine.parts.database, machine.parts.clock, seal=Seal(["s" * 32]))


async def erased(machine: Machine, **person: Any) -> tuple[uuid.UUID, uuid.UUID]:
    anna = await add_person(machine.contacts, **person)
    request_id = await machine.confirmed(anna)
    await machine.jobs().work()
    return request_id, anna


async def listed(machine: Machine) -> list[uuid.UUID]:
    views = await machine.service.list_requests(Filter(untold=True), after=None, limit=10, caller=OFFICER)
    return [view.request.id for view in views]


async def sealed(machine: Machine) -> int:
    async with machine.parts.database.reading() as session:
        return int(await session.scalar(text("SELECT count(*) FROM request_identifiers")) or 0)


async def test_an_erasure_is_complete_and_every_recipient_of_what_was_erased_is_still_to_be_told(
    machine: Machine,
) -> None:
    request_id, anna = await erased(machine, email="anna@example.org")
    seen = await machine.see(request_id, anna)
    assert seen.request.state is State.COMPLETED
    # Who gets data of another service only had nothing of it.
    assert [(each.recipient, each.how) for each in seen.recipients] == [(RELAY, ""), (HOST, "")]
    assert await listed(machine) == [request_id]
    person = await farewells(machine).get_erased_person(request_id)
    assert (person.names, person.emails) == (("Anna Meier",), ("anna@example.org",))
    await settle(machine, request_id, RELAY)
    assert await sealed(machine) == 1
    await settle(machine, request_id, HOST, how="impossible")
    seen = await machine.see(request_id, anna)
    assert [each.how for each in seen.recipients] == ["email", "impossible"]
    assert (seen.request.state, seen.transitions[-1].reason) == (State.COMPLETED, "recipients-settled")
    assert await listed(machine) == []
    assert await sealed(machine) == 0
    with pytest.raises(NobodyToName):
        await farewells(machine).get_erased_person(request_id)


async def test_nobody_can_be_named_for_ever(machine: Machine, teller: Teller) -> None:
    request_id, _ = await erased(machine)
    running = await machine.confirmed(
        await add_person(machine.contacts, phone="+49 30 77", family_name="Orth")
    )
    machine.parts.clock.advance(days=TELLING_LASTS.days)
    await teller.farewells.tend()
    assert await sealed(machine) == 2
    machine.parts.clock.advance(seconds=1)
    await teller.farewells.tend()
    # What is still being erased needs them.
    assert await sealed(machine) == 1
    with pytest.raises(NobodyToName):
        await farewells(machine).get_erased_person(request_id)
    with pytest.raises(NobodyToName):
        await farewells(machine).get_erased_person(running)
    # That it was not done is still to be seen, and can be noted.
    assert await listed(machine) == [request_id]
    await settle(machine, request_id, HOST, how="impossible")


async def test_the_last_recipient_ends_no_erasure_that_runs_again(machine: Machine) -> None:
    anna = await add_person(machine.contacts)
    keep(machine, until=LAST)
    request_id = await machine.confirmed(anna)
    await machine.jobs().work()
    await settle(machine, request_id, RELAY)
    machine.told["tickets"].more.clear()
    machine.told["tickets"].stubborn = True
    machine.parts.clock.set(LAST + timedelta(days=2))
    for _ in range(2):
        await machine.jobs().work()
    assert (await machine.see(request_id, anna)).request.state is State.EXECUTING
    await settle(machine, request_id, HOST)
    assert (await machine.see(request_id, anna)).request.state is State.EXECUTING
    machine.told["tickets"].stubborn = False
    for _ in range(3):
        await machine.jobs().work()
    done = await machine.see(request_id, anna)
    assert done.request.state is State.COMPLETED
    # Told once: the rest is erased on the day that they were told.
    assert [each.how for each in done.recipients] == ["email", "email"]
    assert await sealed(machine) == 0


async def test_a_restriction_is_in_force_before_recipients_hear_of_it(machine: Machine) -> None:
    anna = await add_person(machine.contacts)
    view = await machine.create(anna, Kind.RESTRICTION, wish=WISHES[Kind.RESTRICTION])
    for _ in range(2):
        await machine.jobs().work()
    seen = await machine.see(view.request.id, anna)
    assert seen.request.state is State.COMPLETED
    assert [each.recipient for each in seen.recipients] == [SERVICING, RELAY, HOST]
    for each in seen.recipients:
        await settle(machine, view.request.id, each.recipient)
    seen = await machine.see(view.request.id, anna)
    assert (seen.request.state, seen.transitions[-1].reason) == (State.COMPLETED, "recipients-settled")


async def test_the_last_mail_names_the_recipients(machine: Machine) -> None:
    await erased(machine)
    async with machine.parts.database.reading() as session:
        farewell_id = await session.scalar(text("SELECT id FROM request_farewell"))
    assert farewell_id is not None
    assert (await farewells(machine).get_farewell(farewell_id)).recipients == (RELAY, HOST)


async def test_whom_to_name_is_for_staff(machine: Machine, serve: Serve, realm: Realm) -> None:
    request_id, _ = await erased(machine, email="anna@example.org")
    served = await serve(
        (farewells_pb2_grpc.add_FarewellsServicer_to_server, FarewellsRpc(farewells(machine))),
        database=machine.parts.database,
        audience="kontor-privacy",
    )

    def as_role(role: str) -> "farewells_pb2_grpc.FarewellsAsyncStub":
        return farewells_pb2_grpc.FarewellsStub(served.channel(realm.token(role)))

    asked = farewells_pb2.GetErasedPersonRequest(id=str(request_id))
    assert list((await as_role("dpo").GetErasedPerson(asked)).emails) == ["anna@example.org"]
    with pytest.raises(PermissionDenied):
        await as_role("customer").GetErasedPerson(asked)
    with pytest.raises(NotFound):
        await as_role("dpo").GetErasedPerson(farewells_pb2.GetErasedPersonRequest(id=str(uuid.uuid4())))
