"""A holder that answers rubbish, a receipt that proves nothing, a clock that jumps, two who want the same."""

import asyncio
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from kontor.privacy.v1 import holder_pb2

from kernel.errors import FailedPrecondition, Unavailable
from kernel.holder.executing import hash_of
from services.privacy.requests.model import Kind, State
from tests.privacy.holders import add_person
from tests.privacy.machine import Machine, customer

Spoil = Callable[[Any], None]


def other_hash(answer: Any) -> None:
    answer.plan_hash = b"x" * 32


def other_plan(answer: Any) -> None:
    answer.plan_id = str(uuid.uuid4())


def no_plan(answer: Any) -> None:
    answer.plan_id = "../../etc/passwd"


def _with(item: holder_pb2.PlanItem) -> Spoil:
    def spoil(answer: Any) -> None:
        answer.items.append(item)
        answer.plan_hash = hash_of(list(answer.items))

    return spoil


def huge(answer: Any) -> None:
    answer.items.extend([holder_pb2.PlanItem(dataset="d", action=holder_pb2.ACTION_NULL, rows=1)] * 10_001)
    answer.plan_hash = hash_of(list(answer.items))


negative = _with(holder_pb2.PlanItem(dataset="note", action=holder_pb2.ACTION_DELETE_ROW, rows=-1))
lawless = _with(holder_pb2.PlanItem(dataset="note", action=holder_pb2.ACTION_KEEP_RESTRICTED, rows=1))
unknown = _with(holder_pb2.PlanItem(dataset="note", action=77, rows=1))  # type: ignore[arg-type]
nameless = _with(holder_pb2.PlanItem(action=holder_pb2.ACTION_DELETE_ROW, rows=1))


async def state_of(machine: Machine, request_id: uuid.UUID, contact_id: uuid.UUID) -> State:
    return (await machine.see(request_id, contact_id)).request.state


@pytest.mark.parametrize("spoil", [other_hash, no_plan, negative, lawless, unknown, nameless, huge])
async def test_a_plan_that_is_none_is_never_shown(machine: Machine, spoil: Spoil) -> None:
    anna = await add_person(machine.contacts)
    machine.told["tickets"].spoils["Plan"] = spoil
    request_id = (await machine.create(anna, Kind.ERASURE)).request.id
    await machine.jobs().work()
    view = await machine.see(request_id, anna)
    assert (view.request.state, view.request.waiting_for) == (State.ACCEPTED, ("tickets",))
    machine.told["tickets"].spoils.clear()
    await machine.jobs().work()
    assert await state_of(machine, request_id, anna) is State.PLANNED


def negative_rows(answer: Any) -> None:
    answer.done.add(dataset="note", action=holder_pb2.ACTION_DELETE_ROW, rows=-2)


def torn(answer: Any) -> None:
    answer.signature = answer.signature[:10]


def unsigned(answer: Any) -> None:
    answer.signature = b""


def changed_afterwards(answer: Any) -> None:
    answer.done[0].rows += 1


@pytest.mark.parametrize(
    ("method", "spoil"),
    [
        ("Execute", other_hash),
        ("Execute", other_plan),
        ("Execute", negative_rows),
        ("Signed", torn),
        ("Signed", unsigned),
        ("Signed", changed_afterwards),
    ],
)
async def test_a_receipt_that_proves_nothing_never_completes_an_erasure(
    machine: Machine, method: str, spoil: Spoil
) -> None:
    anna = await add_person(machine.contacts)
    request_id = await machine.confirmed(anna)
    machine.told["tickets"].spoils[method] = spoil
    await machine.jobs().work()
    view = await machine.see(request_id, anna)
    assert (view.request.state, view.request.waiting_for) == (State.EXECUTING, ("tickets",))
    assert view.request.problem == "receipt-refused"
    machine.told["tickets"].spoils.clear()
    await machine.jobs().work()
    assert await state_of(machine, request_id, anna) is State.COMPLETED


async def test_a_receipt_of_another_request_is_refused(machine: Machine) -> None:
    anna, bob = await add_person(machine.contacts), await add_person(machine.contacts)
    await machine.confirmed(anna)
    await machine.jobs().work()
    tickets = machine.told["tickets"]
    (old,) = tickets.receipts.values()
    request_id = await machine.confirmed(bob)
    tickets.spoils["Execute"] = lambda answer: answer.CopyFrom(old)
    await machine.jobs().work()
    view = await machine.see(request_id, bob)
    assert (view.request.state, view.request.problem) == (State.EXECUTING, "receipt-refused")


def nothing_scanned(answer: Any) -> None:
    answer.columns_scanned = 0


def less_than_nothing(answer: Any) -> None:
    answer.findings.add(dataset="note", column="body", rows=-1, law="§ 147 AO")


@pytest.mark.parametrize("spoil", [nothing_scanned, less_than_nothing])
async def test_a_probe_that_says_nothing_proves_nothing(machine: Machine, spoil: Spoil) -> None:
    anna = await add_person(machine.contacts)
    request_id = await machine.confirmed(anna)
    machine.told["tickets"].spoils["Probe"] = spoil
    await machine.jobs().work()
    view = await machine.see(request_id, anna)
    assert (view.request.state, view.request.waiting_for) == (State.EXECUTING, ("tickets",))
    machine.told["tickets"].spoils.clear()
    await machine.jobs().work()
    assert await state_of(machine, request_id, anna) is State.COMPLETED


async def test_an_answer_without_end_is_cut_off(machine: Machine) -> None:
    machine.told["tickets"].repeats = 1_000_000_000
    client = replace(machine.clients["tickets"], most_bytes=100_000)
    asked = holder_pb2.CollectRequest(subject_id=str(uuid.uuid4()))
    with pytest.raises(Unavailable):
        _ = [record async for record in client.collect(asked)]


@pytest.mark.parametrize("jump", [datetime(2021, 1, 1, tzinfo=UTC), datetime(2031, 1, 1, tzinfo=UTC)])
async def test_a_clock_that_jumps_in_the_middle_changes_nothing(machine: Machine, jump: datetime) -> None:
    anna = await add_person(machine.contacts)
    request_id = await machine.confirmed(anna)
    machine.told["tickets"].stubborn = True
    await machine.jobs().work()
    machine.parts.clock.set(jump)
    machine.told["tickets"].stubborn = False
    await machine.jobs().work()
    view = await machine.see(request_id, anna)
    # By a clock that stands before the day until which the invoice is kept, it is still kept.
    ends = {(State.COMPLETED, "erased"), (State.PARTIALLY_FULFILLED, "kept-by-law")}
    assert (view.request.state, view.transitions[-1].reason) in ends


async def test_of_two_who_ask_at_once_for_the_same_person_one_is_received(machine: Machine) -> None:
    anna = await add_person(machine.contacts)
    asked = [machine.create(anna, Kind.ERASURE) for _ in range(8)]
    answers = await asyncio.gather(*asked, return_exceptions=True)
    refused = [each for each in answers if isinstance(each, BaseException)]
    assert len(refused) == 7
    assert all(isinstance(each, FailedPrecondition) for each in refused)


async def test_two_words_at_once_erase_once(machine: Machine) -> None:
    anna = await add_person(machine.contacts)
    request_id = (await machine.create(anna, Kind.ERASURE)).request.id
    await machine.jobs().work()
    words = [machine.service.confirm_request(request_id, caller=customer(anna)) for _ in range(8)]
    answers = await asyncio.gather(*words, return_exceptions=True)
    assert len([each for each in answers if not isinstance(each, BaseException)]) == 1
    await machine.jobs().work()
    assert machine.told["tickets"].executions == 1
    assert await state_of(machine, request_id, anna) is State.COMPLETED


async def test_many_people_are_erased_side_by_side_and_each_once(machine: Machine) -> None:
    everybody = [await add_person(machine.contacts) for _ in range(12)]
    requests = [(await machine.create(each, Kind.ERASURE)).request.id for each in everybody]
    await machine.jobs().work()
    for request_id, each in zip(requests, everybody, strict=True):
        await machine.service.confirm_request(request_id, caller=customer(each))
    machine.told["campaigns"].down = True
    await machine.jobs().work()
    machine.told["campaigns"].down = False
    await machine.jobs().work()
    for request_id, each in zip(requests, everybody, strict=True):
        assert await state_of(machine, request_id, each) is State.COMPLETED
    assert machine.told["tickets"].executions == 12
