"""An erasure that a law lets happen only in part: the clock ends, and the rest follows by itself."""

from datetime import UTC, datetime

from kontor.privacy.v1 import holder_pb2

from kernel.clock import to_timestamp
from services.privacy.requests.model import Kind, State
from tests.privacy.holders import add_person
from tests.privacy.machine import Machine

LAST = datetime(2034, 12, 31, tzinfo=UTC)


def keep(machine: Machine, *, until: datetime, evidence: bool = False) -> holder_pb2.PlanItem:
    item = holder_pb2.PlanItem(
        dataset="voucher",
        action=holder_pb2.ACTION_KEEP_RESTRICTED,
        rows=2,
        law="§ 147 AO",
        keep_until=to_timestamp(until),
        evidence=evidence,
    )
    machine.told["tickets"].more.append(item)
    return item


async def test_what_a_law_keeps_goes_when_its_period_is_over_and_completes_the_request(
    machine: Machine,
) -> None:
    anna = await add_person(machine.contacts)
    keep(machine, until=LAST)
    keep(machine, until=datetime(2030, 12, 31, tzinfo=UTC))
    request_id = await machine.confirmed(anna)
    await machine.jobs().work()
    partial = await machine.see(request_id, anna)
    assert (partial.request.state, partial.request.kept_until) == (State.PARTIALLY_FULFILLED, LAST.date())
    assert (partial.request.completed_at, partial.transitions[-1].reason) == (None, "kept-by-law")
    first = await machine.document(request_id, anna, 1)
    # Another request of the same person is no twin of one that has ended.
    machine.parts.clock.set(datetime(2034, 12, 31, 22, 59, tzinfo=UTC))
    await machine.jobs().work()
    assert (await machine.see(request_id, anna)).request.state is State.PARTIALLY_FULFILLED
    machine.told["tickets"].more.clear()
    machine.parts.clock.set(datetime(2034, 12, 31, 23, 1, tzinfo=UTC))
    for _ in range(3):
        await machine.jobs().work()
    done = await machine.see(request_id, anna)
    assert (done.request.state, done.request.kept_until) == (State.COMPLETED, None)
    assert done.request.completed_at == machine.parts.clock.now()
    steps = [step.reason for step in done.transitions]
    assert steps.index("kept-by-law") < steps.index("period-ended") < steps.index("erased")
    receipts = [plan.receipt for plan in done.plans]
    assert len(receipts) == 8
    assert all(receipts)
    assert await machine.document(request_id, anna, 1) != first


async def test_what_only_proves_that_rights_were_kept_leaves_nothing_to_finish(machine: Machine) -> None:
    anna = await add_person(machine.contacts)
    keep(machine, until=LAST, evidence=True)
    request_id = await machine.confirmed(anna)
    await machine.jobs().work()
    assert (await machine.see(request_id, anna)).request.state is State.COMPLETED


async def test_the_rest_waits_for_another_erasure_that_is_open(machine: Machine) -> None:
    anna = await add_person(machine.contacts)
    keep(machine, until=LAST)
    request_id = await machine.confirmed(anna)
    await machine.jobs().work()
    machine.told["tickets"].more.clear()
    machine.parts.clock.set(datetime(2035, 1, 2, 9, 0, tzinfo=UTC))
    await machine.create(anna, Kind.ERASURE)
    await machine.jobs().work()
    assert (await machine.see(request_id, anna)).request.state is State.PARTIALLY_FULFILLED
