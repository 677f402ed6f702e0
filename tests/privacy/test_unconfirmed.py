"""A plan that nobody confirms: it ends in time to be told, never by erasing, and never at the person's cost."""

import uuid
from datetime import UTC, datetime

import pytest

from kernel.errors import FailedPrecondition
from kernel.identity import Principal
from services.privacy.requests.model import Kind, State
from tests.privacy.holders import add_person
from tests.privacy.machine import DEADLINE, Machine, customer
from tests.privacy.test_erasure import rows

DPO = Principal(subject="dpo", client="kontor-gateway", roles=frozenset({"dpo"}), token="", expires_at=0)


def at(month: int, day: int, hour: int = 9) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=UTC)


async def planned(machine: Machine, contact_id: uuid.UUID, *, caller: Principal | None = None) -> uuid.UUID:
    """An erasure asked for now, on 2 March 2026, and due on 2 April, whose plan is shown."""
    view = await machine.service.create_request(
        contact_id=contact_id, kind=Kind.ERASURE, language="de", caller=caller or customer(contact_id)
    )
    await machine.jobs().work()
    return view.request.id


async def on(machine: Machine, moment: datetime) -> None:
    machine.parts.clock.set(moment)
    await machine.jobs().refuse_unconfirmed()


async def test_a_plan_is_void_on_the_day_on_which_the_answer_is_due(machine: Machine) -> None:
    anna = await add_person(machine.contacts)
    request_id = await planned(machine, anna)
    view = await machine.see(request_id, anna)
    assert (view.request.due_date.isoformat(), str(view.decide_by)) == ("2026-04-02", "2026-04-01")
    # Still the first of April in Berlin.
    await on(machine, at(4, 1, 21))
    assert (await machine.see(request_id, anna)).request.state is State.PLANNED
    await on(machine, at(4, 1, 22))
    view = await machine.see(request_id, anna)
    assert (view.request.state, view.request.completed_at) == (State.REFUSED, at(4, 1, 22))
    assert (view.transitions[-1].actor, view.transitions[-1].reason) == ("system", "not-confirmed")
    assert str(view.decide_by) == "2026-04-01"
    assert not await rows(machine, "SELECT 1 FROM request_identifiers")
    assert [told.executions for told in machine.told.values()] == [0, 0]


async def test_what_has_ended_cannot_be_confirmed_and_can_be_asked_again(machine: Machine) -> None:
    anna = await add_person(machine.contacts)
    request_id = await planned(machine, anna)
    for _twice_is_once in range(2):
        await on(machine, at(4, 2))
    assert [t.reason for t in (await machine.see(request_id, anna)).transitions][-2:] == [
        "planned",
        "not-confirmed",
    ]
    with pytest.raises(FailedPrecondition) as refused:
        await machine.service.confirm_request(request_id, caller=customer(anna))
    assert refused.value.reason == "NOT_PLANNED"
    again = await planned(machine, anna)
    await machine.service.confirm_request(again, caller=customer(anna))
    await machine.jobs().work()
    assert (await machine.see(again, anna)).request.state is State.COMPLETED


async def test_a_plan_that_came_late_leaves_a_fortnight_to_think(machine: Machine) -> None:
    anna = await add_person(machine.contacts)
    machine.told["tickets"].down = True
    request_id = (await machine.create(anna, Kind.ERASURE)).request.id
    machine.parts.clock.set(at(3, 30))
    machine.told["tickets"].down = False
    await machine.jobs().work()
    assert str((await machine.see(request_id, anna)).decide_by) == "2026-04-13"
    await on(machine, at(4, 13))
    assert (await machine.see(request_id, anna)).request.state is State.PLANNED
    await on(machine, at(4, 14))
    assert (await machine.see(request_id, anna)).request.state is State.REFUSED


async def test_what_staff_has_recorded_is_never_ended_by_silence(machine: Machine) -> None:
    anna = await add_person(machine.contacts)
    request_id = await planned(machine, anna, caller=DPO)
    await on(machine, at(12, 1))
    view = await machine.service.get_request(request_id, caller=DPO)
    assert (view.request.state, view.decide_by) == (State.PLANNED, None)


async def test_only_a_plan_that_waits_for_a_word_ends(machine: Machine) -> None:
    anna, bert, carla = [await add_person(machine.contacts) for _ in range(3)]
    machine.told["tickets"].stubborn = True
    running = await machine.confirmed(anna)
    await machine.jobs().work()
    machine.told["tickets"].down = True
    waiting = (await machine.create(bert, Kind.ERASURE)).request.id
    copy = (await machine.create(carla, Kind.ACCESS)).request.id
    await machine.jobs().work()
    await on(machine, at(12, 1))
    assert (await machine.see(running, anna)).request.state is State.EXECUTING
    assert (await machine.see(waiting, bert)).request.state is State.ACCEPTED
    assert (await machine.see(copy, carla)).request.state is State.EXECUTING


async def test_a_word_at_the_last_moment_counts(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """The job has seen the plan unconfirmed; the person confirms before it refuses."""
    anna = await add_person(machine.contacts)
    request_id = await planned(machine, anna)
    machine.parts.clock.set(at(4, 2))
    jobs = machine.jobs()
    refuse = jobs._refuse

    async def late(request: object) -> None:
        await machine.service.confirm_request(request_id, caller=customer(anna))
        await refuse(request)  # type: ignore[arg-type]

    monkeypatch.setattr(jobs, "_refuse", late)
    await jobs.refuse_unconfirmed()
    view = await machine.see(request_id, anna)
    assert (view.request.state, view.transitions[-1].reason) == (State.EXECUTING, "confirmed")


@pytest.mark.parametrize(
    ("planned_at", "due", "last"),
    [
        (at(3, 2), "2026-04-02", "2026-04-01"),
        # Late in the evening it is the next day in Berlin.
        (at(3, 18, 23), "2026-04-02", "2026-04-02"),
        (at(5, 1), "2026-04-02", "2026-05-15"),
    ],
)
def test_the_last_day_to_decide(planned_at: datetime, due: str, last: str) -> None:
    assert DEADLINE.last_word(datetime.fromisoformat(due).date(), planned_at).isoformat() == last
