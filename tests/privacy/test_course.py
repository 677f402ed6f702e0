"""Receiving, doubting, extending, refusing: what staff may do with a request, when, and what is shown of it."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from kontor.privacy.v1 import privacy_pb2
from sqlalchemy import text

from kernel.errors import (
    DomainError,
    FailedPrecondition,
    InvalidArgument,
    PermissionDenied,
    ResourceExhausted,
)
from services.privacy.requests.course import A_DAY
from tests.fixtures.realm import Realm
from tests.fixtures.serving import Serve
from tests.privacy.holders import add_person
from tests.privacy.machine import Machine
from tests.privacy.test_requests_rpc import ERASURE, Door, create

ACCEPTED, VERIFYING = privacy_pb2.REQUEST_STATE_ACCEPTED, privacy_pb2.REQUEST_STATE_VERIFYING
REFUSED, COMPLETED = privacy_pb2.REQUEST_STATE_REFUSED, privacy_pb2.REQUEST_STATE_COMPLETED


@pytest.fixture
async def door(machine: Machine, serve: Serve, realm: Realm) -> Door:
    """It is Monday, 2 March 2026."""
    return await Door(machine, serve, realm).open()


def noted(contact: uuid.UUID, kind: int = 1, **changes: Any) -> privacy_pb2.CreateRequestRequest:
    """As staff notes it."""
    request = create(contact, kind)
    for name, value in {"channel": "letter", "vouched_by": "known-address", **changes}.items():
        setattr(request, name, value)
    return request


def ids(found: privacy_pb2.Request) -> dict[str, str]:
    return {"request_id": str(uuid.uuid4()), "id": found.id}


def verify(found: privacy_pb2.Request, by: str = "called-back") -> privacy_pb2.VerifyRequestRequest:
    return privacy_pb2.VerifyRequestRequest(**ids(found), vouched_by=by)


def extend(found: privacy_pb2.Request, reason: str = "complexity") -> privacy_pb2.ExtendRequestRequest:
    return privacy_pb2.ExtendRequestRequest(**ids(found), reason=reason)


def refuse(found: privacy_pb2.Request, reason: str) -> privacy_pb2.RefuseRequestRequest:
    return privacy_pb2.RefuseRequestRequest(**ids(found), reason=reason)


async def said(call: Any) -> str:
    """The reason of the error that a call ends with."""
    with pytest.raises(DomainError) as refused:
        await call
    return refused.value.reason


async def test_a_letter_that_lay_for_three_days_is_counted_from_the_day_it_came(door: Door) -> None:
    anna = await add_person(door.machine.contacts)
    found = await door.as_staff("agent").CreateRequest(noted(anna, receive_date="2026-02-27"))
    assert (found.channel, found.identity) == ("letter", "vouched-known-address")
    assert found.due_date == "2026-03-27"
    assert found.receive_time.ToDatetime().isoformat() == "2026-02-26T23:00:00"
    assert [(t.actor, t.reason) for t in found.transitions] == [
        ("staff", "by-letter"),
        ("staff", "vouched-known-address"),
    ]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"receive_date": "2026-03-03"}, "receive_date"),
        ({"receive_date": "2018-05-24"}, "receive_date"),
        ({"receive_date": "02.03.2026"}, "receive_date"),
        ({"receive_date": "2026-02-29"}, "receive_date"),
        ({"channel": "fax"}, "channel"),
        ({"channel": ""}, "channel"),
        ({"vouched_by": "identity-card"}, "vouched_by"),
        ({"vouched_by": ""}, "vouched_by"),
        ({"in_doubt": True}, "vouched_by"),
    ],
)
async def test_what_cannot_be_noted_is_refused_at_its_field(
    door: Door, changes: dict[str, Any], field: str
) -> None:
    anna = await add_person(door.machine.contacts)
    with pytest.raises(InvalidArgument) as refused:
        await door.as_staff("agent").CreateRequest(noted(anna, **changes))
    assert list(refused.value.violations) == [field]
    await door.as_staff("agent").CreateRequest(noted(anna))


async def test_who_asks_in_the_portal_notes_nothing(door: Door) -> None:
    anna = await add_person(door.machine.contacts)
    with pytest.raises(InvalidArgument):
        await door.as_customer(anna).CreateRequest(noted(anna, receive_date="2026-02-02"))
    found = await door.as_customer(anna).CreateRequest(create(anna))
    assert (found.channel, found.identity) == ("portal", "identity-login")
    assert (found.suspended_due_date, found.doubted) == ("", False)


async def test_in_doubt_nothing_is_done_and_two_clocks_are_kept(door: Door) -> None:
    anna = await add_person(door.machine.contacts)
    agent = door.as_staff("agent")
    found = await agent.CreateRequest(noted(anna, vouched_by="", in_doubt=True))
    assert (found.state, found.doubted, found.identity) == (VERIFYING, True, "")
    door.machine.parts.clock.advance(days=5)
    await door.machine.jobs().work()
    doubted = await agent.GetRequest(privacy_pb2.GetRequestRequest(id=found.id))
    assert (doubted.state, doubted.doubt_days) == (VERIFYING, 5)
    # 2 April and five days: Tuesday behind Easter.
    assert (doubted.due_date, doubted.suspended_due_date) == ("2026-04-02", "2026-04-07")
    known = await agent.VerifyRequest(verify(found))
    assert (known.state, known.identity, known.doubted) == (ACCEPTED, "verified-called-back", False)
    door.machine.parts.clock.advance(days=3)
    await door.machine.jobs().work()
    done = await agent.GetRequest(privacy_pb2.GetRequestRequest(id=found.id))
    assert (done.state, done.doubt_days, done.suspended_due_date) == (COMPLETED, 5, "2026-04-07")


async def test_nobody_vouches_twice_or_for_a_reason_of_their_own(door: Door) -> None:
    anna = await add_person(door.machine.contacts)
    agent = door.as_staff("agent")
    found = await agent.CreateRequest(noted(anna, vouched_by="", in_doubt=True))
    assert await said(agent.VerifyRequest(verify(found, "identity-card"))) == "INVALID_ARGUMENT"
    await agent.VerifyRequest(verify(found))
    assert await said(agent.VerifyRequest(verify(found))) == "NOT_VERIFYING"


async def test_an_extension_counts_from_the_receipt_and_comes_once(door: Door) -> None:
    anna = await add_person(door.machine.contacts)
    found = await door.as_customer(anna).CreateRequest(create(anna, ERASURE))
    assert (found.due_date, found.extend_by) == ("2026-04-02", "2026-04-02")
    door.machine.parts.clock.advance(days=20)
    dpo = door.as_staff("dpo")
    asked = extend(found)
    told = await dpo.ExtendRequest(asked)
    assert (told.due_date, told.extension, told.extend_by) == ("2026-06-02", "complexity", "")
    assert (told.transitions[-1].actor, told.transitions[-1].reason) == ("staff", "extended-complexity")
    assert told.state == found.state
    assert await dpo.ExtendRequest(asked) == told
    assert await said(dpo.ExtendRequest(extend(found))) == "ALREADY_EXTENDED"
    seen = await door.as_customer(anna).GetRequest(privacy_pb2.GetRequestRequest(id=found.id))
    assert (seen.due_date, seen.extension) == ("2026-06-02", "complexity")


@pytest.mark.parametrize(("days", "answer"), [(31, ""), (32, "EXTENSION_TOO_LATE")])
async def test_the_last_day_of_the_first_month_is_the_last_to_tell(
    door: Door, days: int, answer: str
) -> None:
    anna = await add_person(door.machine.contacts)
    found = await door.as_customer(anna).CreateRequest(create(anna, ERASURE))
    door.machine.parts.clock.advance(days=days)
    dpo = door.as_staff("dpo")
    told = dpo.ExtendRequest(extend(found, "number-of-requests"))
    assert answer == (await said(told) if answer else "" if (await told).extension else "?")
    shown = await dpo.GetRequest(privacy_pb2.GetRequestRequest(id=found.id))
    assert (shown.due_date, shown.extend_by) == (("2026-04-02", "") if answer else ("2026-06-02", ""))


async def test_doubt_lengthens_no_time_to_tell_of_an_extension(door: Door) -> None:
    anna = await add_person(door.machine.contacts)
    dpo = door.as_staff("dpo")
    found = await dpo.CreateRequest(noted(anna, vouched_by="", in_doubt=True))
    door.machine.parts.clock.advance(days=32)
    assert await said(dpo.ExtendRequest(extend(found))) == "EXTENSION_TOO_LATE"


@pytest.mark.parametrize(
    "reason", ["manifestly-unfounded", "excessive", "law-keeps-everything", "not-the-subject"]
)
async def test_a_refusal_ends_the_request_with_its_reason(door: Door, reason: str) -> None:
    anna = await add_person(door.machine.contacts)
    found = await door.as_customer(anna).CreateRequest(create(anna, ERASURE))
    await door.machine.jobs().work()
    ended = await door.as_staff("dpo").RefuseRequest(refuse(found, reason))
    assert (ended.state, ended.refusal, ended.withdrawable) == (REFUSED, reason, False)
    assert ended.HasField("complete_time")
    await door.machine.jobs().work()
    shown = await door.as_customer(anna).GetRequest(privacy_pb2.GetRequestRequest(id=found.id))
    assert (shown.state, shown.refusal) == (REFUSED, reason)
    async with door.machine.parts.database.reading() as session:
        assert not list(await session.execute(text("SELECT 1 FROM request_identifiers")))
    await door.as_customer(anna).CreateRequest(create(anna, ERASURE))


async def test_a_reason_that_contradicts_the_request_is_none(door: Door) -> None:
    anna = await add_person(door.machine.contacts)
    dpo = door.as_staff("dpo")
    found = await door.as_customer(anna).CreateRequest(create(anna))
    assert await said(dpo.RefuseRequest(refuse(found, "identity-not-proven"))) == "REASON_UNFIT"
    assert await said(dpo.RefuseRequest(refuse(found, "law-keeps-everything"))) == "REASON_UNFIT"
    assert await said(dpo.RefuseRequest(refuse(found, "no time"))) == "INVALID_ARGUMENT"
    assert await said(dpo.RefuseRequest(refuse(found, "not-confirmed"))) == "INVALID_ARGUMENT"
    assert (await dpo.GetRequest(privacy_pb2.GetRequestRequest(id=found.id))).state == ACCEPTED


async def test_who_cannot_be_identified_is_refused_and_the_doubt_ends(door: Door) -> None:
    anna = await add_person(door.machine.contacts)
    dpo = door.as_staff("dpo")
    found = await dpo.CreateRequest(noted(anna, vouched_by="", in_doubt=True))
    door.machine.parts.clock.advance(days=4)
    ended = await dpo.RefuseRequest(refuse(found, "identity-not-proven"))
    door.machine.parts.clock.advance(days=9)
    shown = await dpo.GetRequest(privacy_pb2.GetRequestRequest(id=found.id))
    assert (shown.state, shown.doubted, shown.doubt_days) == (REFUSED, False, 4)
    assert shown == ended
    assert await said(dpo.VerifyRequest(verify(found))) == "NOT_VERIFYING"
    assert await said(dpo.ExtendRequest(extend(found))) == "TOO_LATE"
    assert await said(dpo.RefuseRequest(refuse(found, "excessive"))) == "TOO_LATE"


async def test_what_is_being_erased_cannot_be_refused(door: Door) -> None:
    anna = await add_person(door.machine.contacts)
    confirmed = await door.machine.confirmed(anna)
    found = privacy_pb2.Request(id=str(confirmed))
    assert await said(door.as_staff("dpo").RefuseRequest(refuse(found, "excessive"))) == "TOO_LATE"


@pytest.mark.parametrize("method", ["VerifyRequest", "ExtendRequest", "RefuseRequest"])
async def test_the_person_neither_vouches_nor_extends_nor_refuses(door: Door, method: str) -> None:
    anna = await add_person(door.machine.contacts)
    found = await door.as_customer(anna).CreateRequest(create(anna))
    asked = {
        "VerifyRequest": verify(found),
        "ExtendRequest": extend(found),
        "RefuseRequest": refuse(found, "excessive"),
    }
    with pytest.raises(PermissionDenied):
        await getattr(door.as_customer(anna), method)(asked[method])


async def test_beyond_a_sane_number_a_day_the_portal_refuses_and_staff_does_not(door: Door) -> None:
    anna = await add_person(door.machine.contacts)
    requests = door.as_customer(anna)
    for _ in range(A_DAY):
        found = await requests.CreateRequest(create(anna))
        await requests.WithdrawRequest(privacy_pb2.WithdrawRequestRequest(**ids(found)))
    for _ in range(3):
        with pytest.raises(ResourceExhausted) as refused:
            await requests.CreateRequest(create(anna))
        assert refused.value.reason == "TOO_MANY_REQUESTS"
    recorded = await door.as_staff("agent").CreateRequest(noted(anna))
    # An open one is shown, however many there have been.
    assert await said(requests.CreateRequest(create(anna))) == "REQUEST_OPEN"
    await door.as_staff("dpo").WithdrawRequest(privacy_pb2.WithdrawRequestRequest(**ids(recorded)))
    berta = await add_person(door.machine.contacts)
    await door.as_customer(berta).CreateRequest(create(berta))
    door.machine.parts.clock.advance(seconds=timedelta(days=1).total_seconds() + 1)
    await requests.CreateRequest(create(anna))


async def test_a_clock_that_was_set_back_neither_loses_nor_lengthens_anything(door: Door) -> None:
    anna = await add_person(door.machine.contacts)
    dpo = door.as_staff("dpo")
    found = await dpo.CreateRequest(noted(anna, vouched_by="", in_doubt=True))
    door.machine.parts.clock.advance(days=-2)
    known = await dpo.VerifyRequest(verify(found))
    assert (known.doubt_days, known.suspended_due_date) == (0, known.due_date)
    assert (await dpo.ExtendRequest(extend(found))).due_date == "2026-06-02"
    with pytest.raises(FailedPrecondition):
        await dpo.CreateRequest(noted(anna))
