"""A code ends the doubt about who asks: once, in time, for its own request, and a wrong one says nothing."""

import asyncio
import hashlib
import uuid
from typing import Any

import pytest
from kontor.privacy.v1 import identity_pb2, identity_pb2_grpc, privacy_pb2
from sqlalchemy import text

from kernel.errors import FailedPrecondition, InvalidArgument, NotFound, PermissionDenied, ResourceExhausted
from services.privacy.requests.identity.model import A_DAY, MOST_TRIES, CodeHasher
from services.privacy.requests.identity.rpc import IdentityChecksRpc
from services.privacy.requests.identity.service import IdentityService
from services.privacy.requests.model import Told
from services.privacy.requests.notices import store as notice_store
from services.privacy.requests.reading import Reading
from tests.fixtures.realm import Realm
from tests.fixtures.serving import Serve
from tests.privacy.holders import add_person
from tests.privacy.machine import DEADLINE, Machine
from tests.privacy.test_course import noted, refuse, verify
from tests.privacy.test_requests_rpc import Door

ACCEPTED, VERIFYING = privacy_pb2.REQUEST_STATE_ACCEPTED, privacy_pb2.REQUEST_STATE_VERIFYING
CODE = "K7QM3XTD9FWP"


def new() -> str:
    return str(uuid.uuid4())


class Checks:
    """Requests and checks through the public door, as staff, the mail's service and the portal call them."""

    def __init__(self, machine: Machine, door: Door, served: Any, realm: Realm) -> None:
        self.machine, self.door = machine, door
        self.requests = door.as_staff("dpo")
        self._served, self._realm = served, realm
        self.service = self.stub("service")

    def stub(self, *roles: str) -> Any:
        return identity_pb2_grpc.IdentityChecksStub(self._served.channel(self._realm.token(*roles)))

    async def doubted(self, kind: int = 1) -> privacy_pb2.Request:
        anna = await add_person(self.machine.contacts)
        return await self.requests.CreateRequest(noted(anna, kind, vouched_by="", in_doubt=True))

    async def ask(self, request_id: str, role: str = "agent") -> str:
        wanted = identity_pb2.SendIdentityCodeRequest(request_id=new(), id=request_id)
        answer = await self.stub(role).SendIdentityCode(wanted)
        return str(answer.id)

    async def prepare(self, check_id: str, code: str = CODE) -> None:
        digest = hashlib.sha256(code.encode()).digest()
        await self.service.PrepareIdentityCode(
            identity_pb2.PrepareIdentityCodeRequest(request_id=new(), check_id=check_id, code_sha256=digest)
        )

    async def sent(self, request_id: str, code: str = CODE) -> str:
        check_id = await self.ask(request_id)
        await self.prepare(check_id, code)
        return check_id

    async def enter(self, check_id: str, code: str = CODE, *, command: str = "") -> bool:
        entered = identity_pb2.EnterIdentityCodeRequest(
            request_id=command or new(), check_id=check_id, code=code
        )
        answer = await self.service.EnterIdentityCode(entered)
        return bool(answer.accepted)

    async def see(self, request_id: str) -> privacy_pb2.Request:
        return await self.requests.GetRequest(privacy_pb2.GetRequestRequest(id=request_id))

    async def everything_kept(self) -> str:
        """All that the privacy database holds, as text."""
        async with self.machine.parts.database.reading() as session:
            tables = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
            found = ""
            for name in list((await session.execute(text(tables))).scalars()):
                rows = await session.execute(text(f'SELECT t::text FROM "{name}" t'))
                found += "\n".join(rows.scalars())
        return found


@pytest.fixture
async def checks(machine: Machine, serve: Serve, realm: Realm) -> Checks:
    """It is Monday, 2 March 2026."""
    parts = machine.parts
    reading = Reading(parts.database, parts.clock, DEADLINE, machine.logins, machine.holds.reasons)
    service = IdentityService(
        reading,
        parts.clock,
        hasher=CodeHasher(["s" * 32]),
        wake=lambda: machine.woken.append(True),
    )
    served = await serve(
        (identity_pb2_grpc.add_IdentityChecksServicer_to_server, IdentityChecksRpc(service)),
        database=parts.database,
        audience="kontor-privacy",
    )
    return Checks(machine, await Door(machine, serve, realm).open(), served, realm)


async def test_the_code_ends_the_doubt_and_the_second_clock_and_is_evidence(checks: Checks) -> None:
    found = await checks.doubted()
    check_id = await checks.sent(found.id)
    checks.machine.parts.clock.advance(days=3)
    woken = len(checks.machine.woken)
    assert await checks.enter(check_id)
    assert len(checks.machine.woken) == woken + 1
    seen = await checks.see(found.id)
    assert (seen.state, seen.identity, seen.doubted, seen.doubt_days) == (ACCEPTED, "verified-code", False, 3)
    assert [(t.actor, t.reason) for t in seen.transitions[1:]] == [
        ("staff", "identity-in-doubt"),
        ("staff", "code-sent"),
        ("subject", "verified-code"),
    ]
    checks.machine.parts.clock.advance(days=3)
    assert (await checks.see(found.id)).doubt_days == 3
    await checks.machine.jobs().work()
    assert (await checks.see(found.id)).state == privacy_pb2.REQUEST_STATE_COMPLETED


@pytest.mark.parametrize("typed", ["k7qm-3xtd-9fwp", " K7QM 3XTD 9FWP ", "k7qm3xtd9fwp"])
async def test_it_may_be_typed_as_people_type(checks: Checks, typed: str) -> None:
    assert await checks.enter(await checks.sent((await checks.doubted()).id), typed)


async def test_neither_code_nor_address_is_kept(checks: Checks) -> None:
    found = await checks.doubted()
    check_id = await checks.sent(found.id)
    kept = await checks.everything_kept()
    assert check_id in kept
    assert CODE not in kept
    assert hashlib.sha256(CODE.encode()).hexdigest() not in kept
    assert "@" not in kept
    await checks.enter(check_id)
    async with checks.machine.parts.database.reading() as session:
        assert list((await session.execute(text("SELECT code_mac FROM identity_check"))).scalars()) == [None]


async def test_a_code_is_good_once(checks: Checks) -> None:
    found = await checks.doubted()
    check_id = await checks.sent(found.id)
    command = new()
    assert await checks.enter(check_id, command=command)
    # A double click is told what the first one did; whoever replays the code is told nothing.
    assert await checks.enter(check_id, command=command)
    assert not await checks.enter(check_id)
    assert [t.reason for t in (await checks.see(found.id)).transitions].count("verified-code") == 1


async def test_two_at_once_are_one(checks: Checks) -> None:
    found = await checks.doubted()
    check_id = await checks.sent(found.id)
    assert sorted(await asyncio.gather(*(checks.enter(check_id) for _ in range(4)))) == [
        False,
        False,
        False,
        True,
    ]
    assert [t.reason for t in (await checks.see(found.id)).transitions].count("verified-code") == 1


async def test_somebody_elses_code_and_an_unknown_check_open_nothing(checks: Checks) -> None:
    anna, berta = await checks.doubted(), await checks.doubted()
    await checks.sent(anna.id)
    of_berta = await checks.sent(berta.id, "ZZZZ0000ZZZZ")
    assert not await checks.enter(of_berta)
    assert not await checks.enter(new())
    # The id of a request is no id of a check.
    assert not await checks.enter(berta.id, "ZZZZ0000ZZZZ")
    assert {(await checks.see(one.id)).state for one in (anna, berta)} == {VERIFYING}


async def test_a_code_ends_after_five_wrong_ones(checks: Checks) -> None:
    check_id = await checks.sent((await checks.doubted()).id)
    for number in range(MOST_TRIES):
        assert not await checks.enter(check_id, f"WRONG{number}")
    assert not await checks.enter(check_id)


async def test_the_last_try_still_counts(checks: Checks) -> None:
    check_id = await checks.sent((await checks.doubted()).id)
    for number in range(MOST_TRIES - 1):
        assert not await checks.enter(check_id, f"WRONG{number}")
    assert await checks.enter(check_id)


async def test_a_code_ends_after_seven_days_and_a_clock_that_jumps_gives_no_more(checks: Checks) -> None:
    clock = checks.machine.parts.clock
    late, just = await checks.doubted(), await checks.doubted()
    late_check, just_check = await checks.sent(late.id), await checks.sent(just.id)
    clock.advance(days=7, seconds=-1)
    assert await checks.enter(just_check)
    clock.advance(seconds=1)
    assert not await checks.enter(late_check)
    assert (await checks.see(late.id)).state == VERIFYING
    clock.advance(days=-400)
    assert (await checks.see(late.id)).doubt_days == 0
    clock.advance(days=400)
    assert not await checks.enter(late_check)


async def test_a_newer_code_makes_the_older_one_void(checks: Checks) -> None:
    found = await checks.doubted()
    first = await checks.sent(found.id, "AAAA0000AAAA")
    second = await checks.sent(found.id)
    assert not await checks.enter(first, "AAAA0000AAAA")
    with pytest.raises(FailedPrecondition):
        await checks.prepare(first)
    assert await checks.enter(second)


async def test_a_mail_that_is_made_again_brings_the_only_good_code(checks: Checks) -> None:
    check_id = await checks.sent((await checks.doubted()).id, "AAAA0000AAAA")
    await checks.prepare(check_id)
    assert not await checks.enter(check_id, "AAAA0000AAAA")
    assert await checks.enter(check_id)


async def test_before_the_mail_there_is_no_code(checks: Checks) -> None:
    check_id = await checks.ask((await checks.doubted()).id)
    for code in ("", CODE, "0"):
        if code:
            assert not await checks.enter(check_id, code)
        else:
            with pytest.raises(InvalidArgument):
                await checks.enter(check_id, code)


async def test_who_is_known_or_refused_needs_no_code(checks: Checks) -> None:
    known, refused = await checks.doubted(), await checks.doubted()
    codes = [await checks.sent(one.id) for one in (known, refused)]
    await checks.requests.VerifyRequest(verify(known))
    await checks.requests.RefuseRequest(refuse(refused, "identity-not-proven"))
    for one, check_id in zip((known, refused), codes, strict=True):
        assert not await checks.enter(check_id)
        with pytest.raises(FailedPrecondition):
            await checks.prepare(check_id)
        with pytest.raises(FailedPrecondition) as no_doubt:
            await checks.ask(one.id)
        assert no_doubt.value.reason == "NOT_VERIFYING"
    assert (await checks.see(refused.id)).state == privacy_pb2.REQUEST_STATE_REFUSED


async def test_one_request_gets_so_many_codes_in_a_day(checks: Checks) -> None:
    found = await checks.doubted()
    for _ in range(A_DAY):
        await checks.ask(found.id)
    with pytest.raises(ResourceExhausted) as flood:
        await checks.ask(found.id)
    assert flood.value.reason == "TOO_MANY_CODES"
    checks.machine.parts.clock.advance(days=1, seconds=1)
    assert await checks.ask(found.id)


async def test_only_staff_asks_and_only_services_prepare_and_enter(checks: Checks) -> None:
    found = await checks.doubted()
    check_id = await checks.sent(found.id)
    for role in ("customer", "marketer", "sales", "service"):
        with pytest.raises(PermissionDenied):
            await checks.ask(found.id, role)
    for role in ("customer", "dpo"):
        entered = identity_pb2.EnterIdentityCodeRequest(request_id=new(), check_id=check_id, code=CODE)
        with pytest.raises(PermissionDenied):
            await checks.stub(role).EnterIdentityCode(entered)
    with pytest.raises(NotFound):
        await checks.ask(new())


async def test_the_mail_is_wished_for_with_the_check_and_only_then_sent(checks: Checks) -> None:
    found = await checks.doubted()
    check_id = await checks.ask(found.id)
    async with checks.machine.parts.database.reading() as session:
        wishes = await notice_store.untold(session, limit=10)
    (wish,) = [one for one in wishes if one.kind is Told.IDENTITY_CODE]
    assert (str(wish.id), str(wish.contact_id)) == (check_id, found.contact_id)


async def test_a_code_kept_under_a_former_secret_is_still_good() -> None:
    check_id, digest = uuid.uuid4(), hashlib.sha256(CODE.encode()).digest()
    kept = CodeHasher(["former" * 6]).of(check_id, digest)
    assert CodeHasher(["s" * 32, "former" * 6]).matches(check_id, CODE, kept)
    assert not CodeHasher(["s" * 32]).matches(check_id, CODE, kept)
    assert not CodeHasher(["s" * 32]).matches(check_id, CODE, None)
    # Nor does what is kept of one check fit another one.
    assert not CodeHasher(["s" * 32, "former" * 6]).matches(uuid.uuid4(), CODE, kept)


async def test_an_erasure_in_doubt_plans_nothing_before_the_code(checks: Checks) -> None:
    found = await checks.doubted(2)
    check_id = await checks.sent(found.id)
    await checks.machine.jobs().work()
    assert (await checks.see(found.id)).state == VERIFYING
    assert await checks.enter(check_id)
    await checks.machine.jobs().work()
    assert (await checks.see(found.id)).state == privacy_pb2.REQUEST_STATE_PLANNED
