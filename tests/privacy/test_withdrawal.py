"""Whose word counts: a request is taken back by who made it, and an erasure leaves no other request behind."""

import uuid
from dataclasses import replace

import pytest

from kernel.errors import FailedPrecondition, NotFound
from kernel.identity import Principal
from services.privacy.requests.model import Kind, State
from tests.privacy.holders import add_person
from tests.privacy.machine import Machine, customer
from tests.privacy.test_erasure import rows

DPO = Principal(subject="dpo", client="kontor-gateway", roles=frozenset({"dpo"}), token="", expires_at=0)


async def planned(machine: Machine, contact_id: uuid.UUID, *, caller: Principal | None = None) -> uuid.UUID:
    view = await machine.service.create_request(
        contact_id=contact_id, kind=Kind.ERASURE, language="de", caller=caller or customer(contact_id)
    )
    await machine.jobs().work()
    return view.request.id


async def test_who_changes_their_mind_is_not_erased(machine: Machine) -> None:
    anna = await add_person(machine.contacts)
    request_id = await planned(machine, anna)
    view = await machine.service.withdraw_request(request_id, caller=customer(anna))
    assert view.request.state is State.WITHDRAWN
    assert view.request.completed_at == machine.parts.clock.now()
    assert (view.transitions[-1].actor, view.transitions[-1].reason) == ("subject", "withdrawn")
    assert not await rows(machine, "SELECT 1 FROM request_identifiers")
    await machine.jobs().work()
    for caller in (customer(anna), DPO):
        with pytest.raises(FailedPrecondition):
            await machine.service.confirm_request(request_id, caller=caller, word_by="letter")
    # Nothing is in the way of asking anew.
    again = await planned(machine, anna)
    await machine.service.confirm_request(again, caller=customer(anna))
    await machine.jobs().work()
    view = await machine.see(again, anna)
    assert (view.request.state, view.transitions[-1].reason) == (State.COMPLETED, "erased")


async def test_a_plan_that_comes_after_the_withdrawal_revives_nothing(machine: Machine) -> None:
    anna = await add_person(machine.contacts)
    view = await machine.create(anna, Kind.ERASURE)
    await machine.service.withdraw_request(view.request.id, caller=customer(anna))
    # The machine read the request before it was withdrawn.
    await machine.jobs()._procedures[Kind.ERASURE].advance(view.request)
    assert (await machine.see(view.request.id, anna)).request.state is State.WITHDRAWN


async def test_what_is_being_erased_can_no_longer_be_taken_back(machine: Machine) -> None:
    anna = await add_person(machine.contacts)
    request_id = await machine.confirmed(anna)
    with pytest.raises(FailedPrecondition) as refused:
        await machine.service.withdraw_request(request_id, caller=customer(anna))
    assert refused.value.reason == "TOO_LATE"


async def test_strangers_and_staff_do_not_take_back_what_a_person_asked_for(machine: Machine) -> None:
    anna = await add_person(machine.contacts)
    request_id = await planned(machine, anna)
    with pytest.raises(NotFound):
        await machine.service.withdraw_request(request_id, caller=customer(uuid.uuid4()))
    with pytest.raises(FailedPrecondition) as refused:
        await machine.service.withdraw_request(request_id, caller=DPO)
    assert refused.value.reason == "ONLY_THE_PERSON"


async def test_staff_erases_what_a_person_asked_for_only_with_a_reason_that_is_noted(
    machine: Machine,
) -> None:
    anna = await add_person(machine.contacts)
    request_id = await planned(machine, anna)
    for word_by in ("", "because I can"):
        with pytest.raises(FailedPrecondition) as refused:
            await machine.service.confirm_request(request_id, caller=DPO, word_by=word_by)
        assert refused.value.reason == "ONLY_THE_PERSON"
    view = await machine.service.confirm_request(request_id, caller=DPO, word_by="letter")
    assert (view.transitions[-1].actor, view.transitions[-1].reason) == ("staff", "confirmed-by-letter")
    await machine.jobs().work()
    assert (await machine.see(request_id, anna)).request.state is State.COMPLETED
    assert b'"confirmed": "2026' in await machine.document(request_id, anna, 1)


async def test_staff_confirms_and_takes_back_what_staff_recorded(machine: Machine) -> None:
    anna, bert = await add_person(machine.contacts), await add_person(machine.contacts)
    view = await machine.service.withdraw_request(await planned(machine, anna, caller=DPO), caller=DPO)
    assert (view.request.state, view.transitions[-1].actor) == (State.WITHDRAWN, "staff")
    view = await machine.service.confirm_request(await planned(machine, bert, caller=DPO), caller=DPO)
    assert (view.request.state, view.transitions[-1].reason) == (State.EXECUTING, "confirmed")


async def test_an_erasure_ends_the_access_request_that_it_leaves_nothing_to_copy(machine: Machine) -> None:
    anna = await add_person(machine.contacts)
    machine.told["campaigns"].down = True
    copy = (await machine.create(anna, Kind.ACCESS)).request
    await machine.jobs().work()
    machine.told["campaigns"].down = False
    erasure = (await machine.create(anna, Kind.ERASURE)).request.id
    jobs = machine.jobs()
    await jobs._procedures[Kind.ERASURE].advance((await machine.see(erasure, anna)).request)
    await machine.service.confirm_request(erasure, caller=customer(anna))
    view = await machine.see(copy.id, anna)
    assert (view.request.state, view.request.waiting_for) == (State.WITHDRAWN, ())
    assert (view.transitions[-1].actor, view.transitions[-1].reason) == ("subject", "erasure-confirmed")
    # The machine was collecting meanwhile: what has ended hands out nothing.
    await jobs._procedures[Kind.ACCESS].advance(replace(copy, state=State.EXECUTING))
    assert (await machine.see(copy.id, anna)).request.state is State.WITHDRAWN
    assert not await rows(machine, "SELECT 1 FROM access_document")
    await machine.jobs().work()
    assert (await machine.see(erasure, anna)).request.state is State.COMPLETED


async def test_who_is_being_erased_gets_no_new_access_request(machine: Machine) -> None:
    anna = await add_person(machine.contacts)
    erasure = await machine.confirmed(anna)
    with pytest.raises(FailedPrecondition) as refused:
        await machine.create(anna, Kind.ACCESS)
    assert (refused.value.reason, refused.value.metadata["id"]) == ("ERASURE_RUNS", str(erasure))
