"""Rows go when their period is over: not earlier, not those of somebody exempt, each once, in batches."""

import asyncio
import uuid
from collections.abc import Iterable
from datetime import UTC, datetime

import pytest
from kontor.privacy.v1 import holder_pb2, holder_pb2_grpc
from sqlalchemy import select, text

from kernel.errors import FailedPrecondition, NotFound, PermissionDenied
from kernel.holder.servicer import DataHolderRpc
from kernel.holder.subject import Hooks
from kernel.housekeeping import housekeeping
from kernel.signing import Signer
from tests.fixtures.clock import FakeClock
from tests.fixtures.postgres import SCRATCH
from tests.fixtures.realm import Realm
from tests.fixtures.serving import OpenDatabase, Serve
from tests.kernel.retained import Base, Buyer, Invoice, Label, Parcel, Shop, Tally, Visit, when

SEED = "bm90IGEgc2VjcmV0LCBqdXN0IGEgdGVzdCBzZWVkISE="
DELIVERED, ON_ITS_WAY = 2, 1


@pytest.fixture
async def shop(open_database: OpenDatabase, serve: Serve, realm: Realm, fake_clock: FakeClock) -> Shop:
    database = open_database(SCRATCH, Base.metadata)
    async with database.engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    made = Shop(database, None, fake_clock)  # type: ignore[arg-type]
    rpc = DataHolderRpc(
        holder="shop",
        database=database,
        metadata=Base.metadata,
        signer=Signer(SEED),
        clock=fake_clock,
        hooks=Hooks(deleted=made.told),
    )
    served = await serve(
        (holder_pb2_grpc.add_DataHolderServicer_to_server, rpc), database=database, audience="kontor-privacy"
    )
    made.rpc = holder_pb2_grpc.DataHolderStub(served.channel(realm.token("service", azp="kontor-privacy")))
    return made


async def parcel(
    shop: Shop, changed: str, *, state: int = DELIVERED, buyer: uuid.UUID | None = None
) -> uuid.UUID:
    made = await shop.add(Parcel, buyer_id=buyer or uuid.uuid4(), state=state, changed_at=when(changed))
    await shop.add(Label, parcel_id=made, text="Hauptstraße 1")
    return made


async def test_a_dry_run_counts_and_changes_nothing(shop: Shop) -> None:
    await parcel(shop, "2026-01-10")
    await parcel(shop, "2026-01-20")
    await parcel(shop, "2026-02-20")
    found = (await shop.overdue())["parcel"]
    labels = (await shop.overdue())["label"]
    assert (found.rows, found.total_rows, found.run) == (labels.rows, labels.total_rows, True) == (2, 3, True)
    for each in (found, labels):
        oldest, newest = (each.ToDatetime(UTC) for each in (each.oldest_time, each.newest_time))
        assert (oldest, newest) == (when("2026-01-10"), when("2026-01-20"))
    assert await shop.count(Parcel) == await shop.count(Label) == 3


async def test_every_dataset_says_its_class_and_who_deletes_from_it(shop: Shop) -> None:
    found = await shop.overdue()
    (rule,) = found["invoice"].rules
    assert (rule.start_event, rule.years, rule.to_year_end) == ("issue", 8, True)
    assert (found["visit"].run, found["visit"].deletion_class) == (False, "with the buyer")
    assert (found["outbox"].run, found["outbox"].done_by) == (False, "kernel.outbox.Relay")
    names = list(found)
    assert names.index("label") < names.index("parcel")


async def test_what_hangs_on_a_row_goes_first(shop: Shop) -> None:
    await parcel(shop, "2026-01-10")
    assert await shop.delete("parcel") == 0
    assert await shop.delete("label") == 1
    assert await shop.delete("parcel") == 1
    assert await shop.delete("parcel") == 0


async def test_a_period_begins_only_with_its_event(shop: Shop) -> None:
    await parcel(shop, "2020-01-10", state=ON_ITS_WAY)
    invoice = await shop.add(Invoice, buyer_id=uuid.uuid4(), issued_at=None, address="Entwurf")
    assert await shop.delete("label") == await shop.delete("invoice") == 0
    assert invoice


@pytest.mark.parametrize(
    ("now", "gone"), [("2034-12-31T22:59", 0), ("2034-12-31T23:01", 1)], ids=["in the year", "after it"]
)
async def test_a_voucher_goes_with_the_new_year_in_germany(shop: Shop, now: str, gone: int) -> None:
    await shop.add(Invoice, buyer_id=uuid.uuid4(), issued_at=when("2026-05-04"), address="Hauptstraße 1")
    shop.clock.set(datetime.fromisoformat(now).replace(tzinfo=UTC))
    assert await shop.delete("invoice") == gone


async def test_the_last_business_is_whatever_was_last(shop: Shop) -> None:
    gone, kept = await shop.buyer("2022-06-01"), await shop.buyer("2022-06-01")
    await shop.add(Visit, buyer_id=gone, at=when("2022-12-30"))
    await shop.add(Visit, buyer_id=kept, at=when("2022-01-01"))
    await shop.add(Visit, buyer_id=kept, at=when("2023-01-02"))
    assert await shop.delete("buyer") == 1
    assert shop.deleted == [("buyer", gone)]
    assert await shop.count(Visit) == 2


async def test_rows_of_an_exempt_contact_stay_and_are_counted_apart(shop: Shop) -> None:
    erna, other = await shop.buyer("2020-01-01"), await shop.buyer("2020-01-01")
    for buyer in (erna, other):
        await parcel(shop, "2026-01-10", buyer=buyer)
    found = await shop.overdue(erna)
    assert (found["buyer"].rows, found["buyer"].exempt_rows) == (1, 1)
    assert (found["label"].rows, found["label"].exempt_rows) == (1, 1)
    for name in ("label", "parcel", "buyer"):
        assert await shop.delete(name, erna) == 1
    async with shop.database.reading() as session:
        assert (await session.execute(select(Buyer.id))).scalars().all() == [erna]
    # Released, everything goes by itself.
    for name in ("label", "parcel", "buyer"):
        assert await shop.delete(name) == 1


async def test_two_replicas_delete_each_row_once_and_in_batches(shop: Shop) -> None:
    async with shop.database.begin() as session:
        await session.execute(
            text(
                "INSERT INTO tally (id, at) SELECT gen_random_uuid(), now() - interval '5 years' "
                "FROM generate_series(1, 1000)"
            )
        )
    counts = await asyncio.gather(*(shop.delete("tally", limit=70) for _ in range(2)))
    assert sum(counts) == 1000
    assert await shop.count(Tally) == 0
    assert len({key for _, key in shop.deleted}) == len(shop.deleted) == 1000


async def test_who_is_at_work_on_a_row_keeps_it(shop: Shop) -> None:
    erna = await shop.buyer("2020-01-01")
    async with shop.database.begin() as session:
        await session.execute(text("UPDATE buyer SET updated_at = now() WHERE id = :id"), {"id": erna})
        assert await shop.delete("buyer") == 0
    assert await shop.delete("buyer") == 0
    assert await shop.count(Buyer) == 1


async def test_a_batch_asked_for_again_is_the_same_batch(shop: Shop) -> None:
    for _ in range(3):
        await shop.add(Tally, at=when("2020-01-01"))
    asked = str(uuid.uuid4())
    first, again = [await shop.batch("tally", limit=2, request_id=asked) for _ in range(2)]
    assert first == again
    assert (first.rows, first.more, await shop.count(Tally)) == (2, True, 1)


async def test_a_clock_that_jumped_deletes_nothing(shop: Shop) -> None:
    await shop.add(Tally, at=when("2026-03-01"))
    ahead = FakeClock(when("2036-03-01"))
    own, shop.clock = shop.clock, ahead
    for ask in (shop.overdue, lambda: shop.delete("tally")):
        with pytest.raises(FailedPrecondition) as refused:
            await ask()
        assert refused.value.reason == "CLOCKS_DIFFER"
    # A little ahead is no reason; the holder then goes by its own clock.
    shop.clock = FakeClock(own.now().replace(hour=20))
    assert await shop.delete("tally") == 0


async def test_only_the_run_asks_and_only_for_what_it_deletes(shop: Shop) -> None:
    for name in ("visit", "lease", "pg_class", "no such table"):
        with pytest.raises(NotFound):
            await shop.delete(name)


async def test_others_may_not_ask(shop: Shop, realm: Realm, serve: Serve) -> None:
    rpc = DataHolderRpc(holder="shop", database=shop.database, metadata=Base.metadata, signer=Signer(SEED))
    served = await serve(
        (holder_pb2_grpc.add_DataHolderServicer_to_server, rpc),
        database=shop.database,
        audience="kontor-privacy",
    )
    for role in ("dpo", "admin", "customer", "integrator"):
        shop.rpc = holder_pb2_grpc.DataHolderStub(served.channel(realm.token(role)))
        for ask in (shop.overdue, lambda: shop.delete("tally")):
            with pytest.raises(PermissionDenied):
                await ask()


async def test_technical_rows_go_without_asking_and_no_others(shop: Shop) -> None:
    shop.clock.set(datetime.now(UTC))
    async with shop.database.begin() as session:
        for statement in (
            "INSERT INTO inbox VALUES ('c', gen_random_uuid(), now() - interval '31 days'),"
            " ('c', gen_random_uuid(), now() - interval '29 days')",
            "INSERT INTO tally (id, at) VALUES (gen_random_uuid(), now() - interval '9 years')",
            "INSERT INTO audit_entry (occurred_at, actor, client, roles, method, purpose, subject_ids, mutation)"
            " VALUES (now() - interval '9 years', 'a', 'c', '{}', 'm', 'p', '{}', false)",
        ):
            await session.execute(text(statement))
    await housekeeping(shop.database, shop.clock)()
    assert await shop.count(Base.metadata.tables["inbox"]) == 1
    assert await shop.count(Tally) == 1
    assert await shop.count(Base.metadata.tables["audit_entry"]) >= 1
    assert await shop.delete("audit_entry") == 1


async def erasure(shop: Shop, buyer: uuid.UUID) -> tuple[holder_pb2.PlanResponse, holder_pb2.Receipt]:
    plan = await shop.rpc.Plan(
        holder_pb2.PlanRequest(
            request_id=str(uuid.uuid4()), subject_id=str(buyer), kind=holder_pb2.REQUEST_KIND_ERASURE
        )
    )
    receipt = await shop.rpc.Execute(
        holder_pb2.ExecuteRequest(
            request_id=str(uuid.uuid4()), plan_id=plan.plan_id, plan_hash=plan.plan_hash
        )
    )
    return plan, receipt


def shown(items: Iterable[holder_pb2.PlanItem]) -> list[tuple[int, int, str, str]]:
    return [
        (
            item.action,
            item.rows,
            item.law,
            item.keep_until.ToDatetime().date().isoformat() if item.law else "",
        )
        for item in items
        if item.dataset == "invoice"
    ]


async def test_each_row_is_kept_from_its_own_event_and_no_longer_than_the_law_says(shop: Shop) -> None:
    erna = await shop.buyer("2026-01-01")
    for issued in ("2017-05-01", "2019-12-30", "2019-12-31", "2025-06-01", None):
        await shop.add(
            Invoice, buyer_id=erna, issued_at=issued and when(issued), address="Weg 1", nickname="Erni"
        )
    plan, receipt = await erasure(shop, erna)
    keep, law = holder_pb2.ACTION_KEEP_RESTRICTED, "§ 147(3) AO, § 257(4) HGB"
    expected = [
        (holder_pb2.ACTION_DELETE_ROW, 1, "", ""),
        (keep, 2, law, "2027-12-31"),
        (keep, 1, law, "2033-12-31"),
        # What was never issued is kept from now.
        (keep, 1, law, "2034-12-31"),
    ]
    assert shown(plan.items) == shown(receipt.done) == expected
    assert not any(item.evidence for item in plan.items if item.dataset == "invoice")
    async with shop.database.reading() as session:
        kept = (await session.execute(select(Invoice.address, Invoice.nickname))).all()
    assert [tuple(row) for row in kept] == [("Weg 1", None)] * 4
    # What was kept goes by itself with the year that was promised.
    shop.clock.set(datetime(2028, 1, 1, 12, tzinfo=UTC))
    assert await shop.delete("invoice") == 2
