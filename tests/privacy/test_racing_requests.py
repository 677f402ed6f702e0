"""Requests of one person that race each other, and one person who sends ten thousand: nothing tears, nobody waits."""

import asyncio
import hashlib
import uuid
from collections.abc import Coroutine
from typing import Any

import pytest
from kontor.options.v1 import options_pb2
from sqlalchemy import text

from kernel.errors import DomainError, ResourceExhausted
from services.privacy.requests.course import A_DAY, NotVerifying, Reception
from services.privacy.requests.identity.model import CodeHasher
from services.privacy.requests.identity.service import IdentityService
from services.privacy.requests.model import Kind, State, Wish
from services.privacy.requests.reading import Reading, View
from tests.privacy.holders import add_person
from tests.privacy.machine import DEADLINE, Machine, customer
from tests.privacy.test_hostile_holders import state_of

UNLAWFUL = Wish(ground=options_pb2.RESTRICTION_GROUND_UNLAWFUL)
CODE = "K7QM3XTD9FWP"


async def both(*calls: Coroutine[Any, Any, Any]) -> list[Any]:
    """What each has answered; whatever is refused must be refused in words."""
    answers = await asyncio.gather(*calls, return_exceptions=True)
    assert [
        one for one in answers if isinstance(one, BaseException) and not isinstance(one, DomainError)
    ] == []
    return answers


async def planned(machine: Machine, anna: uuid.UUID) -> uuid.UUID:
    request_id = (await machine.create(anna, Kind.ERASURE)).request.id
    await machine.jobs().work()
    return request_id


@pytest.mark.parametrize("kind", [Kind.ACCESS, Kind.PORTABILITY])
@pytest.mark.parametrize("attempt", range(3))
async def test_a_copy_and_the_word_to_erase_at_once_leave_no_copy_behind(
    machine: Machine, kind: Kind, attempt: int
) -> None:
    anna = await add_person(machine.contacts)
    request_id = await planned(machine, anna)
    word = machine.service.confirm_request(request_id, caller=customer(anna))
    copy = machine.create(anna, kind)
    answers = await both(*((word, copy) if attempt % 2 else (copy, word)))
    await machine.jobs().work()
    await machine.jobs().work()
    assert await state_of(machine, request_id, anna) is State.COMPLETED
    async with machine.parts.database.reading() as session:
        states = await session.execute(
            text("SELECT state FROM subject_request WHERE contact_id = :id AND kind = :kind"),
            {"id": anna, "kind": int(kind)},
        )
        made = list(states.scalars())
        copies = (await session.execute(text("SELECT count(*) FROM access_document"))).scalar_one()
    # It was refused, or came first and was ended by the word.
    assert made == (
        [State.WITHDRAWN] if any(isinstance(a, View) and a.request.kind is kind for a in answers) else []
    )
    assert copies == 0


@pytest.mark.parametrize("attempt", range(3))
async def test_a_restriction_and_the_word_to_erase_at_once_end_both(machine: Machine, attempt: int) -> None:
    anna = await add_person(machine.contacts)
    request_id = await planned(machine, anna)
    word = machine.service.confirm_request(request_id, caller=customer(anna))
    restriction = machine.create(anna, Kind.RESTRICTION, wish=UNLAWFUL)
    await both(*((word, restriction) if attempt % 2 else (restriction, word)))
    for _ in range(3):
        await machine.restrictions.work()
        await machine.jobs().work()
    assert await state_of(machine, request_id, anna) is State.COMPLETED
    async with machine.parts.database.reading() as session:
        still_open = await session.execute(text("SELECT kind FROM subject_request WHERE state < 6"))
        assert list(still_open.scalars()) == []


async def test_staff_and_the_code_at_once_end_the_doubt_once(machine: Machine) -> None:
    parts = machine.parts
    reading = Reading(parts.database, parts.clock, DEADLINE, machine.logins, machine.holds.reasons)
    identity = IdentityService(
        reading, parts.clock, hasher=CodeHasher(["s" * 32]), wake=lambda: machine.woken.append(True)
    )
    for _ in range(5):
        anna = await add_person(machine.contacts)
        doubted = Reception(channel="letter", in_doubt=True)
        found = await machine.create_as_staff(anna, Kind.ACCESS, Wish(), reception=doubted)
        request_id, staff = found.request.id, customer(anna)
        check = await identity.send_identity_code(request_id, caller=_staff(staff))
        await identity.prepare_identity_code(check.id, hashlib.sha256(CODE.encode()).digest())
        by_staff, by_code = await both(
            machine.handling.verify_request(request_id, vouched_by="called-back", caller=_staff(staff)),
            identity.enter_identity_code(check.id, CODE),
        )
        # One of them, never both, and whoever comes late is told so.
        assert isinstance(by_staff, NotVerifying) is by_code
        view = await machine.service.get_request(request_id, caller=_staff(staff))
        assert [step.state for step in view.transitions].count(State.ACCEPTED) == 1
        assert not view.course.doubted


@pytest.mark.slow
async def test_ten_thousand_requests_of_one_person_write_nothing_and_hold_up_nobody(machine: Machine) -> None:
    anna, berta = await add_person(machine.contacts), await add_person(machine.contacts)
    for _ in range(A_DAY):
        view = await machine.create(anna, Kind.ACCESS)
        await machine.service.withdraw_request(view.request.id, caller=customer(anna))
    before = await _rows(machine)
    refused = 0
    for number in range(100):
        calls = [machine.create(anna, Kind.ACCESS) for _ in range(100)]
        if number == 50:
            calls.append(machine.create(berta, Kind.ACCESS))
        answers = await both(*calls)
        refused += sum(isinstance(one, ResourceExhausted) for one in answers)
        if number == 50:
            assert isinstance(answers[-1], View)
    assert refused == 10_000
    after = await _rows(machine)
    # Berta's request, and nothing else: neither a row of what was refused, nor a fact, nor a mail.
    assert {name: after[name] - before[name] for name in after} == {
        "subject_request": 1,
        "request_transition": 2,
        "request_notice": 1,
        "outbox": 1,
    }


def _staff(caller: Any) -> Any:
    return type(caller)(
        subject="staff", client=caller.client, roles=frozenset({"dpo"}), token="", expires_at=0
    )


async def _rows(machine: Machine) -> dict[str, int]:
    names = ("subject_request", "request_transition", "request_notice", "outbox")
    async with machine.parts.database.reading() as session:
        return {
            name: (await session.execute(text(f"SELECT count(*) FROM {name}"))).scalar_one() for name in names
        }
