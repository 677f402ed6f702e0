"""What a client of the realm may ask: purposes, calls per second, calls per day, and the time to come again."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
from google.rpc import error_details_pb2, status_pb2
from kontor.options.v1 import options_pb2
from kontor.tickets.v1 import tickets_pb2, tickets_pb2_grpc
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from kernel import allowance
from kernel.allowance import DEFAULT, Allowance, allowance_of
from kernel.db import Database
from kernel.errors import (
    STATUS_METADATA,
    PermissionDenied,
    ResourceExhausted,
    Unauthenticated,
    from_rpc_error,
)
from kernel.housekeeping import housekeeping
from kernel.quota import DailyQuota
from kernel.rpc.allot import Bucket
from tests.fixtures.clock import FakeClock
from tests.kernel.conftest import Sample
from tests.kernel.sample import count, creation

READ = tickets_pb2.GetTicketRequest(ticket_id="01890a5d-ac96-774b-bcce-b302099a8057")


def limited(sample: Sample, client: str = "erp", **claims: str) -> tickets_pb2_grpc.TicketsAsyncStub:
    """An integrator whose client carries these claims, by their short names."""
    named = {f"kontor_{name}": value for name, value in claims.items()}
    return sample.with_token(sample.realm.token("integrator", azp=client, **named))


# --- claims --------------------------------------------------------------------------------------


def test_claims_are_read() -> None:
    claims = {"kontor_purposes": "service legal_duty", "kontor_rate": "0.5/3", "kontor_daily": "0"}
    read = allowance_of(claims, ["integrator"])
    assert read == Allowance(frozenset({"service", "legal_duty"}), 0.5, 3, 0)
    assert read.permits(options_pb2.PURPOSE_LEGAL_DUTY)
    assert not read.permits(options_pb2.PURPOSE_MARKETING)


def test_an_integrator_of_whom_nothing_is_said_gets_little() -> None:
    assert allowance_of({}, ["integrator"]) == DEFAULT
    assert allowance_of({"kontor_rate": "5/5"}, ["integrator"]) == Allowance(
        DEFAULT.purposes, 5, 5, DEFAULT.daily
    )


@pytest.mark.parametrize("role", ["service", "agent", "customer", "admin"])
def test_people_and_services_have_no_limit_unless_the_realm_says_so(role: str) -> None:
    assert allowance_of({}, [role]) is None
    given = allowance_of({"kontor_daily": "7"}, [role])
    assert given is not None
    assert given.daily == 7


@pytest.mark.parametrize(
    ("name", "claim"),
    [
        ("purposes", "service selling"),
        ("purposes", "unspecified"),
        ("rate", "10"),
        ("rate", "0/5"),
        ("rate", "5/0"),
        ("rate", "-1/5"),
        ("rate", "inf/5"),
        ("rate", "١/5"),
        ("rate", ""),
        ("daily", "many"),
        ("daily", "-1"),
        ("daily", "1e9"),
        ("daily", "9" * 13),
    ],
)
async def test_an_unreadable_claim_lets_nobody_in(sample: Sample, name: str, claim: str) -> None:
    with pytest.raises(Unauthenticated) as refused:
        await limited(sample, **{name: claim}).GetTicket(READ)
    assert refused.value.reason == "CLAIMS_INVALID"


# --- purposes ------------------------------------------------------------------------------------


async def test_a_purpose_that_the_client_does_not_have_is_refused(sample: Sample) -> None:
    with pytest.raises(PermissionDenied) as refused:
        await limited(sample, purposes="marketing sales").GetTicket(READ)
    assert refused.value.reason == "PURPOSE_MISSING"
    with pytest.raises(PermissionDenied):
        await limited(sample, purposes="").GetTicket(READ)
    await limited(sample, purposes="marketing service").GetTicket(READ)


# --- rate ----------------------------------------------------------------------------------------


async def test_a_service_that_acts_for_an_integrator_is_not_limited_again(sample: Sample) -> None:
    # Exchanged by tickets, which has counted the call at its own door and asks for a purpose of its own.
    exchanged = sample.realm.token("integrator", "agent", azp="kontor-tickets", kontor_purposes="sales")
    await sample.with_token(exchanged).CreateTicket(creation())


def test_a_bucket_gives_its_burst_and_then_its_rate() -> None:
    two = Allowance(frozenset(), per_second=2, burst=3, daily=1)
    bucket = Bucket(two, now=100)
    assert [bucket.take(two, 100) for _ in range(4)] == [0, 0, 0, 0.5]
    assert bucket.take(two, 100.25) == 0.25
    assert bucket.take(two, 100.5) == 0
    # However long nobody came, there is no more than the burst.
    assert [bucket.take(two, 9_999) for _ in range(4)] == [0, 0, 0, 0.5]


async def test_too_many_at_once_are_refused_with_the_time_to_come_again(sample: Sample) -> None:
    erp = limited(sample, rate="0.1/5")

    async def ask() -> Exception | None:
        try:
            await erp.GetTicket(READ)
        except ResourceExhausted as error:
            return error
        return None

    answers = await asyncio.gather(*(ask() for _ in range(20)))
    refusals = [error for error in answers if error is not None]
    assert len(refusals) == 15
    for error in refusals:
        assert isinstance(error, ResourceExhausted)
        assert error.reason == "RATE_EXCEEDED"
        assert error.retry_after is not None
        assert 8 < error.retry_after <= 10


async def test_who_waits_as_told_gets_in(sample: Sample) -> None:
    erp = limited(sample, rate="20/1")
    await erp.GetTicket(READ)
    with pytest.raises(ResourceExhausted) as refused:
        await erp.GetTicket(READ)
    assert refused.value.retry_after is not None
    await asyncio.sleep(refused.value.retry_after)
    await erp.GetTicket(READ)


async def test_a_refusal_is_standard_retry_info_on_the_wire(sample: Sample) -> None:
    token = sample.realm.token("integrator", azp="erp", kontor_rate="0.001/1")
    stub = tickets_pb2_grpc.TicketsStub(sample.served.bare_channel())
    bearer = (("authorization", f"Bearer {token}"),)
    await stub.GetTicket(READ, metadata=bearer)
    with pytest.raises(Exception, match="too often") as refused:
        await stub.GetTicket(READ, metadata=bearer)
    error: Any = refused.value
    status = status_pb2.Status.FromString(dict(error.trailing_metadata())[STATUS_METADATA])
    (detail,) = [d for d in status.details if d.Is(error_details_pb2.RetryInfo.DESCRIPTOR)]
    again = error_details_pb2.RetryInfo()
    detail.Unpack(again)
    assert 900 < again.retry_delay.seconds < 1000
    typed = from_rpc_error(error)
    assert typed.retry_after == pytest.approx(again.retry_delay.ToNanoseconds() / 1e9)


async def test_one_clients_haste_is_not_anothers(sample: Sample) -> None:
    await limited(sample, "erp", rate="0.01/1").GetTicket(READ)
    with pytest.raises(ResourceExhausted):
        await limited(sample, "erp", rate="0.01/1").GetTicket(READ)
    await limited(sample, "shop", rate="0.01/1").GetTicket(READ)
    await sample.client("agent").GetTicket(READ)


async def test_a_refused_call_does_nothing(sample: Sample) -> None:
    erp = limited(sample, rate="0.01/1")
    await erp.CreateTicket(creation())
    with pytest.raises(ResourceExhausted):
        await erp.CreateTicket(creation())
    assert await count(sample.database, "note") == 1


async def test_calls_that_access_refuses_count_too(sample: Sample) -> None:
    """Guessing must not be free."""
    erp = limited(sample, rate="0.01/1", purposes="sales")
    with pytest.raises(PermissionDenied):
        await erp.GetTicket(READ)
    with pytest.raises(ResourceExhausted):
        await erp.GetTicket(READ)


# --- daily quota ---------------------------------------------------------------------------------


async def taken(quota: DailyQuota, daily: int, *, tries: int) -> int:
    """How many of so many calls at once get through."""
    return (await asyncio.gather(*(quota.take("erp", daily) for _ in range(tries)))).count(0)


async def test_the_quota_is_exact_over_processes_that_ask_at_once(
    database: Database, fake_clock: FakeClock
) -> None:
    replicas = [DailyQuota(database, fake_clock) for _ in range(4)]
    through = await asyncio.gather(*(taken(replica, 1_000, tries=500) for replica in replicas))
    assert sum(through) == 1_000


async def test_the_quota_survives_a_restart_and_is_never_exceeded(
    database: Database, fake_clock: FakeClock
) -> None:
    through = 0
    for _ in range(10):
        # Each life of the process takes a few and ends with what it had reserved.
        through += await taken(DailyQuota(database, fake_clock), 400, tries=33)
    # Two at a time are reserved; so at most one of each life is lost.
    assert 390 - 10 <= through + await taken(DailyQuota(database, fake_clock), 400, tries=400) <= 400


async def test_midnight_in_utc_begins_a_new_day(database: Database, fake_clock: FakeClock) -> None:
    fake_clock.set(datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC))
    quota = DailyQuota(database, fake_clock)
    assert await taken(quota, 3, tries=5) == 3
    assert await quota.take("erp", 3) == 1.0
    fake_clock.advance(seconds=1)
    assert await taken(quota, 3, tries=5) == 3
    assert await quota.take("erp", 3) == 86_400.0


async def test_what_was_reserved_yesterday_is_not_used_today(
    database: Database, fake_clock: FakeClock
) -> None:
    quota = DailyQuota(database, fake_clock)
    assert await quota.take("erp", 10_000) == 0
    fake_clock.advance(days=1)
    assert await taken(quota, 10_000, tries=10_050) == 10_000


async def test_a_larger_quota_helps_at_once(database: Database, fake_clock: FakeClock) -> None:
    quota = DailyQuota(database, fake_clock)
    assert await taken(quota, 2, tries=3) == 2
    # The one that was refused was counted; what is granted beside it is exact.
    assert await taken(quota, 5, tries=9) in (2, 3)


async def test_a_used_up_quota_costs_no_more_round_trips(database: Database, fake_clock: FakeClock) -> None:
    quota = DailyQuota(database, fake_clock)
    await taken(quota, 2, tries=100)
    async with database.reading() as session:
        calls = (await session.execute(text("SELECT calls FROM client_usage"))).scalar_one()
    assert calls == 3


async def test_a_used_up_quota_is_told_to_the_client(sample: Sample) -> None:
    erp = limited(sample, daily="2")
    await erp.GetTicket(READ)
    await erp.GetTicket(READ)
    with pytest.raises(ResourceExhausted) as refused:
        await erp.GetTicket(READ)
    assert refused.value.reason == "QUOTA_EXCEEDED"
    assert refused.value.retry_after is not None
    assert 0 < refused.value.retry_after <= 86_400


async def test_a_client_without_a_limit_is_not_counted(sample: Sample) -> None:
    await sample.client("agent").GetTicket(READ)
    await sample.client("service").GetTicket(READ)
    assert await count(sample.database, "client_usage") == 0


_OLD_USAGE = text(
    "INSERT INTO client_usage VALUES ('erp', current_date - 36, 1), ('erp', current_date - 34, 1)"
)


async def test_usage_goes_with_its_deletion_class(database: Database) -> None:
    async with database.begin() as session:
        await session.execute(_OLD_USAGE)
    await housekeeping(database)()
    assert await count(database, "client_usage") == 1


async def test_a_table_that_cannot_be_cleaned_does_not_keep_the_others(database: Database) -> None:
    async with database.begin() as session:
        await session.execute(_OLD_USAGE)
        await session.execute(text("ALTER TABLE inbox RENAME TO inbox_elsewhere"))
    try:
        with pytest.raises(DBAPIError):
            await housekeeping(database)()
        assert await count(database, "client_usage") == 1
    finally:
        async with database.begin() as session:
            await session.execute(text("ALTER TABLE inbox_elsewhere RENAME TO inbox"))


def test_every_purpose_of_the_contract_can_be_given() -> None:
    names = " ".join(name.removeprefix("PURPOSE_").lower() for name in options_pb2.Purpose.keys()[1:])
    given = allowance_of({allowance.PURPOSES: names}, [])
    assert given is not None
    assert all(given.permits(number) for number in options_pb2.Purpose.values()[1:])
