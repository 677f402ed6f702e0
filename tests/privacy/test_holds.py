"""A legal hold: nothing of its subject goes, everybody sees why, and its release lets everything go on."""

import uuid
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from kontor.privacy.v1 import retention_pb2, retention_pb2_grpc
from sqlalchemy import text

from kernel.errors import FailedPrecondition, InvalidArgument, NotFound, PermissionDenied
from kernel.pages import Pages
from services.privacy.holds.rpc import HoldsRpc
from services.privacy.requests.model import State
from services.privacy.retention.jobs import RetentionJobs
from tests.fixtures.realm import Realm
from tests.fixtures.serving import Serve
from tests.privacy.holders import add_person
from tests.privacy.machine import Machine


async def place(machine: Machine, contact: uuid.UUID, reason: str = "legal-claims") -> uuid.UUID:
    review = (machine.parts.clock.now() + timedelta(days=90)).date().isoformat()
    placed = await machine.holds.place_hold(contact_id=contact, reason=reason, review_date=review)
    return placed.id


async def test_a_hold_stops_an_erasure_and_its_release_resumes_it(machine: Machine) -> None:
    anna = await add_person(machine.contacts)
    request_id = await machine.confirmed(anna)
    hold = await place(machine, anna)
    for _ in range(3):
        await machine.jobs().work()
    view = await machine.see(request_id, anna)
    assert (view.request.state, view.hold) == (State.PARTIALLY_FULFILLED, "legal-claims")
    assert view.transitions[-1].reason == "legal-hold:legal-claims"
    assert [plan.receipt for plan in view.plans] == [None] * 4
    assert [told.executions for told in machine.told.values()] == [0, 0]
    machine.parts.clock.advance(days=400)
    await machine.jobs().work()
    assert (await machine.see(request_id, anna)).request.state is State.PARTIALLY_FULFILLED
    machine.woken.clear()
    await machine.holds.release_hold(hold)
    assert machine.woken
    for _ in range(3):
        await machine.jobs().work()
    done = await machine.see(request_id, anna)
    assert (done.request.state, done.hold) == (State.COMPLETED, "")
    steps = [step.reason for step in done.transitions]
    assert steps.index("legal-hold:legal-claims") < steps.index("hold-released") < steps.index("erased")
    assert [told.executions for told in machine.told.values()] == [1, 1]


async def test_who_is_held_gets_no_message(machine: Machine) -> None:
    anna, berta = [await add_person(machine.contacts) for _ in range(2)]
    await place(machine, anna)
    async with machine.parts.database.reading() as session:
        assert await machine.service.restricted(session, [anna, berta]) == {anna}


async def test_the_run_passes_over_who_is_held(machine: Machine) -> None:
    anna = await add_person(machine.contacts)
    hold = await place(machine, anna)
    async with machine.parts.database.begin() as session:
        await session.execute(
            text(
                "INSERT INTO consent_ip VALUES (gen_random_uuid(), :anna, '', '', '2020-01-01'),"
                " (gen_random_uuid(), gen_random_uuid(), '', '', '2020-01-01')"
            ),
            {"anna": anna},
        )
    jobs = RetentionJobs(
        machine.parts.database,
        machine.parts.clock,
        holders=[machine.clients["privacy"]],
        exempt=machine.holds.held,
        timezone="Europe/Berlin",
    )

    async def left() -> list[Any]:
        async with machine.parts.database.reading() as session:
            return list((await session.execute(text("SELECT contact_id FROM consent_ip"))).scalars())

    await jobs.work()
    assert await left() == [anna]
    await machine.holds.release_hold(hold)
    machine.parts.clock.advance(days=1)
    await jobs.work()
    assert await left() == []


async def test_a_contact_has_one_hold_and_it_ends_once(machine: Machine) -> None:
    anna = uuid.uuid4()
    hold = await place(machine, anna)
    with pytest.raises(FailedPrecondition) as refused:
        await place(machine, anna, "authority")
    assert refused.value.metadata["id"] == str(hold)
    await machine.holds.release_hold(hold)
    with pytest.raises(NotFound):
        await machine.holds.release_hold(hold)
    assert await place(machine, anna, "tax-audit") != hold


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"reason": "because"}, "reason"),
        ({"reason": "Anna Meier streitet mit uns"}, "reason"),
        ({"review_date": "2026-03-02"}, "review_date"),
        ({"review_date": "2030-01-01"}, "review_date"),
        ({"review_date": "bald"}, "review_date"),
    ],
)
async def test_a_hold_needs_a_reason_of_the_list_and_a_day_of_review(
    machine: Machine, change: Mapping[str, str], field: str
) -> None:
    asked = {"reason": "legal-claims", "review_date": "2026-06-01", **change}
    with pytest.raises(InvalidArgument) as refused:
        await machine.holds.place_hold(contact_id=uuid.uuid4(), **asked)
    assert list(refused.value.violations) == [field]


async def test_only_dpo_and_admin_place_and_release(machine: Machine, serve: Serve, realm: Realm) -> None:
    served = await serve(
        (retention_pb2_grpc.add_HoldsServicer_to_server, HoldsRpc(machine.holds, Pages("s" * 32))),
        database=machine.parts.database,
        audience="kontor-privacy",
    )

    def door(role: str) -> Any:
        return retention_pb2_grpc.HoldsStub(served.channel(realm.token(role)))

    def wish() -> retention_pb2.PlaceHoldRequest:
        return retention_pb2.PlaceHoldRequest(
            request_id=str(uuid.uuid4()),
            contact_id=str(uuid.uuid4()),
            reason="authority",
            review_date="2026-06-01",
        )

    for role in ("agent", "manager", "customer", "service"):
        with pytest.raises(PermissionDenied):
            await door(role).PlaceHold(wish())
    placed = [await door(role).PlaceHold(wish()) for role in ("dpo", "admin", "dpo")]
    first = await door("manager").ListHolds(retention_pb2.ListHoldsRequest(page_size=2))
    rest = await door("manager").ListHolds(
        retention_pb2.ListHoldsRequest(page_size=2, page_token=first.next_page_token)
    )
    assert {hold.id for hold in (*first.holds, *rest.holds)} == {hold.id for hold in placed}
    released = await door("dpo").ReleaseHold(
        retention_pb2.ReleaseHoldRequest(request_id=str(uuid.uuid4()), id=placed[0].id)
    )
    assert released.HasField("release_time")
    of_one = await door("dpo").ListHolds(retention_pb2.ListHoldsRequest(contact_id=placed[1].contact_id))
    assert [hold.id for hold in of_one.holds] == [placed[1].id]
