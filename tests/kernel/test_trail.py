"""The audit trail as an RPC: what is found by subject and person, and what people did in numbers."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from kontor.options.v1 import options_pb2
from kontor.privacy.v1 import audit_pb2, audit_pb2_grpc
from sqlalchemy import insert

from kernel.clock import to_timestamp
from kernel.db import Database
from kernel.errors import PermissionDenied
from kernel.trail import AuditTrailRpc, categories_of
from tests.fixtures.realm import Realm
from tests.fixtures.serving import Serve
from tests.kernel.conftest import Sample
from tests.kernel.sample import creation, metadata

NOW = datetime(2026, 11, 25, 10, 0, tzinfo=UTC)
ANNA, BEN = uuid.UUID(int=0xA), uuid.UUID(int=0xB)


async def noted(database: Database, *entries: dict[str, Any]) -> None:
    """Entries as the audit writes them; what is not said is a read of Anna by an agent in person."""
    usual = {
        "occurred_at": NOW,
        "actor": "jana",
        "client": "kontor-gateway",
        "roles": ["agent"],
        "teams": ["Service"],
        "method": "/kontor.tickets.v1.Tickets/GetTicket",
        "purpose": "service",
        "subject_ids": [ANNA],
        "mutation": False,
        "origin": None,
        "trace_id": None,
    }
    async with database.begin() as session:
        await session.execute(insert(metadata.tables["audit_entry"]), [usual | entry for entry in entries])


@pytest.fixture
async def trail(database: Database, serve: Serve, realm: Realm) -> audit_pb2_grpc.AuditTrailAsyncStub:
    served = await serve(
        (audit_pb2_grpc.add_AuditTrailServicer_to_server, AuditTrailRpc(database)), database=database
    )
    return audit_pb2_grpc.AuditTrailStub(served.channel(realm.token("service")))


def entries(**asked: Any) -> audit_pb2.ListEntriesRequest:
    return audit_pb2.ListEntriesRequest(**({"page_size": 50} | asked))


def period(**asked: Any) -> dict[str, Any]:
    return {
        "from_time": to_timestamp(NOW - timedelta(days=30)),
        "until_time": to_timestamp(NOW + timedelta(days=1)),
        **asked,
    }


async def test_entries_are_found_by_subject_and_by_person_and_say_what_kind_of_data_it_was(
    database: Database, trail: audit_pb2_grpc.AuditTrailAsyncStub
) -> None:
    await noted(database, {}, {"actor": "tom", "subject_ids": [ANNA, BEN]}, {"subject_ids": [BEN]})
    about_anna = (await trail.ListEntries(entries(subject_id=str(ANNA)))).entries
    assert [(e.actor, e.subjects) for e in about_anna] == [("tom", 2), ("jana", 1)]
    by_jana = (await trail.ListEntries(entries(actor="jana"))).entries
    assert [list(e.subject_ids) for e in by_jana] == [[str(BEN)], [str(ANNA)]]
    assert options_pb2.CATEGORY_FREE_TEXT in by_jana[0].categories
    assert (by_jana[0].purpose, list(by_jana[0].teams)) == (options_pb2.PURPOSE_SERVICE, ["Service"])


async def test_pages_neither_skip_nor_repeat(
    database: Database, trail: audit_pb2_grpc.AuditTrailAsyncStub
) -> None:
    await noted(database, *({"actor": f"n{i}"} for i in range(7)))
    seen: list[str] = []
    before = 0
    while page := (await trail.ListEntries(entries(page_size=3, before_seq=before))).entries:
        seen += [entry.actor for entry in page]
        before = page[-1].seq
    assert seen == [f"n{i}" for i in reversed(range(7))]


async def test_people_only_leaves_out_services_and_the_subject_itself(
    database: Database, trail: audit_pb2_grpc.AuditTrailAsyncStub
) -> None:
    await noted(database, {}, {"actor": "s", "roles": ["service"]}, {"actor": "c", "roles": ["customer"]})
    found = (await trail.ListEntries(entries(people_only=True))).entries
    assert [entry.actor for entry in found] == ["jana"]


async def test_a_long_list_names_some_of_its_subjects_and_counts_all(
    database: Database, trail: audit_pb2_grpc.AuditTrailAsyncStub
) -> None:
    await noted(database, {"subject_ids": [uuid.UUID(int=i) for i in range(500)]})
    (entry,) = (await trail.ListEntries(entries())).entries
    assert (len(entry.subject_ids), entry.subjects) == (20, 500)


async def test_activities_count_each_subject_once_a_day_and_only_what_was_read_in_person(
    database: Database, trail: audit_pb2_grpc.AuditTrailAsyncStub
) -> None:
    await noted(
        database,
        {"subject_ids": [ANNA, BEN]},
        {"subject_ids": [BEN]},
        {"mutation": True, "subject_ids": [uuid.uuid4()]},
        # What contacts asked on Jana's behalf is part of what she asked the first service.
        {"client": "kontor-tickets", "subject_ids": [uuid.uuid4()]},
        {"roles": ["customer"], "actor": "anna"},
        {"occurred_at": NOW - timedelta(days=1)},
    )
    found = (await trail.ListActivities(audit_pb2.ListActivitiesRequest(**period()))).activities
    assert sorted((a.actor, a.day, a.subjects, a.reads) for a in found) == [
        ("jana", "2026-11-24", 1, 1),
        ("jana", "2026-11-25", 2, 2),
    ]


async def test_looks_count_minutes_not_calls_and_say_whether_somebody_worked_on_it(
    database: Database, trail: audit_pb2_grpc.AuditTrailAsyncStub
) -> None:
    ago = [NOW - timedelta(minutes=m) for m in (0, 0, 5, 24 * 60)]
    await noted(
        database,
        *({"occurred_at": at} for at in ago),
        {"actor": "tom"},
        {"actor": "tom", "mutation": True, "occurred_at": NOW - timedelta(days=400)},
        # In a list nobody looks at somebody; and granting a right is a reason.
        {"actor": "ute", "subject_ids": [ANNA, BEN]},
        {"actor": "dpo", "purpose": "legal_duty"},
    )
    found = (await trail.ListLooks(audit_pb2.ListLooksRequest(**period(at_least=1)))).looks
    assert sorted((look.actor, look.looks, look.days, look.worked_on) for look in found) == [
        ("jana", 3, 2, False),
        ("tom", 1, 1, True),
    ]
    often = audit_pb2.ListLooksRequest(**period(at_least=3, subject_ids=[str(ANNA)]))
    assert [look.actor for look in (await trail.ListLooks(often)).looks] == ["jana"]
    others = audit_pb2.ListLooksRequest(**period(at_least=1, subject_ids=[str(BEN)]))
    assert not (await trail.ListLooks(others)).looks


async def test_only_privacy_reads_the_trail_also_when_somebody_asks_it_to(
    database: Database, serve: Serve, realm: Realm
) -> None:
    served = await serve(
        (audit_pb2_grpc.add_AuditTrailServicer_to_server, AuditTrailRpc(database)), database=database
    )

    def asking(*roles: str, azp: str) -> audit_pb2_grpc.AuditTrailAsyncStub:
        return audit_pb2_grpc.AuditTrailStub(served.channel(realm.token(*roles, azp=azp)))

    for roles in (("admin",), ("dpo",), ("customer",)):
        with pytest.raises(PermissionDenied):
            await asking(*roles, azp="kontor-gateway").ListEntries(entries())
    # A token that privacy got in exchange for the officer's.
    assert await asking("dpo", azp="kontor-privacy").ListEntries(entries()) is not None


async def test_where_somebody_sits_is_believed_of_our_pages_only(sample: Sample) -> None:
    async def origin_noted(azp: str, told: str) -> str:
        client = sample.with_token(sample.realm.token("agent", sub="jana", azp=azp))
        await client.CreateTicket(creation(), metadata=(("kontor-origin", told),))
        trail = AuditTrailRpc(sample.database)
        (newest,) = (await trail.ListEntries(entries(page_size=1), None)).entries
        return newest.origin

    assert await origin_noted("kontor-gateway", "192.0.2.7") == "192.0.2.7"
    assert await origin_noted("kontor-gateway", "2001:db8::7") == "2001:db8::7"
    assert await origin_noted("kontor-integrator", "192.0.2.7") == ""
    assert await origin_noted("kontor-gateway", "not an address") == ""


def test_a_method_that_is_gone_has_no_categories() -> None:
    assert categories_of("/kontor.tickets.v1.Tickets/Forgotten") == ()
    assert categories_of("/kontor.gone.v1.Nothing/Get") == ()


async def test_every_total_is_the_number_of_entries_that_its_filters_leave(
    database: Database, trail: audit_pb2_grpc.AuditTrailAsyncStub
) -> None:
    await noted(
        database,
        {},
        {},
        {"mutation": True},
        {"purpose": "marketing"},
        {"roles": ["agent", "manager"]},
        {"actor": "tom", "roles": ["manager"]},
        {"actor": "the-job", "roles": ["service"]},
        {"occurred_at": NOW - timedelta(days=31)},
    )
    totals = (await trail.ListTotals(audit_pb2.ListTotalsRequest(**period()))).totals
    assert sum(each.reads for each in totals) == 5
    assert [each.changes for each in totals if each.changes] == [1]
    for each in totals:
        wanted = entries(
            **period(),
            actor=each.actor,
            role=each.roles[-1],
            without_roles={"agent", "manager"} - set(each.roles),
            purpose=each.purpose,
            people_only=True,
        )
        # Who holds two roles is found by either of them: what is shown as one role leaves out the other.
        found = [e for e in (await trail.ListEntries(wanted)).entries if list(e.roles) == list(each.roles)]
        assert len(found) == each.reads + each.changes
        wanted.reads_only = True
        reads = (await trail.ListEntries(wanted)).entries
        assert len([e for e in reads if list(e.roles) == list(each.roles)]) == each.reads


async def test_a_role_is_asked_for_without_those_that_explain_more(
    database: Database, trail: audit_pb2_grpc.AuditTrailAsyncStub
) -> None:
    await noted(database, {"roles": ["manager"]}, {"roles": ["agent", "manager"]})
    as_manager = entries(role="manager", without_roles=["agent"])
    assert [list(e.roles) for e in (await trail.ListEntries(as_manager)).entries] == [["manager"]]
    assert len((await trail.ListEntries(entries(role="agent"))).entries) == 1
