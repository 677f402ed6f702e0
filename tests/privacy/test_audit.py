"""The audit over all services: whose looks are shown to whom, what counts as unusual, what came of it."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from kontor.options.v1 import options_pb2
from kontor.privacy.v1 import audit_pb2, audit_pb2_grpc

from kernel.clock import to_timestamp
from kernel.db import Database
from kernel.errors import FailedPrecondition, InvalidArgument, NotFound, PermissionDenied, Unavailable
from kernel.pages import Pages
from services.privacy.audit.jobs import AuditJobs
from services.privacy.audit.model import VOLUME_FLOOR, Look, role_of, unusual_volumes, without_case
from services.privacy.audit.rpc import AuditRpc
from services.privacy.audit.service import AuditService
from tests.fixtures.clock import FakeClock
from tests.fixtures.realm import Realm
from tests.fixtures.serving import OwnContacts, Serve, Served

BERLIN = ZoneInfo("Europe/Berlin")
ANNA, BEN = uuid.UUID(int=0xA), uuid.UUID(int=0xB)
MONDAY = date(2026, 11, 23)


@dataclass
class Trail:
    """What one service says; `down` if it says nothing."""

    name: str
    noted: list[audit_pb2.AuditEntry] = field(default_factory=list)
    did: list[audit_pb2.StaffActivity] = field(default_factory=list)
    looked: list[audit_pb2.Look] = field(default_factory=list)
    total: list[audit_pb2.AccessTotal] = field(default_factory=list)
    down: bool = False

    def note(self, at: datetime, **values: Any) -> None:
        usual: dict[str, Any] = {"actor": "jana", "roles": ["agent"], "teams": ["Service"], "subjects": 1}
        entry = audit_pb2.AuditEntry(seq=len(self.noted) + 1, time=to_timestamp(at), **(usual | values))
        self.noted.append(entry)

    async def entries(self, request: audit_pb2.ListEntriesRequest) -> Sequence[audit_pb2.AuditEntry]:
        self._answer()
        before = request.before_seq or len(self.noted) + 1
        return [e for e in reversed(self.noted) if e.seq < before][: request.page_size]

    async def activities(self, request: audit_pb2.ListActivitiesRequest) -> Sequence[audit_pb2.StaffActivity]:
        self._answer()
        return self.did

    async def totals(self, request: audit_pb2.ListTotalsRequest) -> Sequence[audit_pb2.AccessTotal]:
        self._answer()
        return self.total

    async def looks(self, request: audit_pb2.ListLooksRequest) -> Sequence[audit_pb2.Look]:
        self._answer()
        since, until = request.from_time.ToDatetime(tzinfo=UTC), request.until_time.ToDatetime(tzinfo=UTC)
        return [
            look
            for look in self.looked
            if since <= look.last_time.ToDatetime(tzinfo=UTC) < until
            and look.looks >= request.at_least
            and (not request.subject_ids or look.subject_id in request.subject_ids)
        ]

    def _answer(self) -> None:
        if self.down:
            raise Unavailable("gone")


@dataclass
class World:
    """The audit with two services' trails, behind its door."""

    trails: list[Trail]
    jobs: AuditJobs
    clock: FakeClock
    served: Served
    realm: Realm
    cases: set[tuple[str, uuid.UUID]]

    def door(self, *roles: str, sub: str = "petra") -> audit_pb2_grpc.AuditAsyncStub:
        return audit_pb2_grpc.AuditStub(self.served.channel(self.realm.token(*roles, sub=sub)))

    async def alerts(self, **asked: Any) -> list[tuple[int, str, int]]:
        answer = await self.door("dpo").ListAlerts(audit_pb2.ListAlertsRequest(**asked))
        return [(a.rule, a.actor, a.count) for a in answer.alerts]

    def looked(
        self, actor: str, *, looks: int, days: int = 2, at: datetime | None = None, **more: Any
    ) -> None:
        self.trails[0].looked.append(
            audit_pb2.Look(
                actor=actor,
                subject_id=str(ANNA),
                looks=looks,
                days=days,
                last_time=to_timestamp(at or self.clock.now()),
                **more,
            )
        )


@pytest.fixture
async def world(database: Database, fake_clock: FakeClock, serve: Serve, realm: Realm) -> World:
    trails = [Trail("contacts"), Trail("tickets")]
    cases: set[tuple[str, uuid.UUID]] = set()

    async def has_case(login: str, contact_id: uuid.UUID) -> bool:
        return (login, contact_id) in cases

    own = OwnContacts({"anna": ANNA})
    audit = AuditService(database, fake_clock, trails=trails, zone=BERLIN)
    served = await serve(
        (audit_pb2_grpc.add_AuditServicer_to_server, AuditRpc(audit, Pages("s" * 32), BERLIN)),
        database=database,
        own_contact=own,
        audience="kontor-privacy",
    )
    jobs = AuditJobs(database, fake_clock, trails=trails, has_case=has_case)
    return World(trails, jobs, fake_clock, served, realm, cases)


async def test_accesses_of_all_services_are_one_list_that_pages_neither_skip_nor_repeat(world: World) -> None:
    now = world.clock.now()
    for minute in range(9):
        world.trails[minute % 2].note(now - timedelta(minutes=20 - minute), actor=f"n{minute}")
    seen, token = [], ""
    while True:
        asked = audit_pb2.ListAccessesRequest(page_size=2, page_token=token)
        answer = await world.door("dpo").ListAccesses(asked)
        seen += [access.entry.actor for access in answer.accesses]
        token = answer.next_page_token
        if not token:
            break
    assert seen == [f"n{minute}" for minute in reversed(range(9))]


async def test_a_service_that_is_down_is_named_and_the_others_are_shown(world: World) -> None:
    world.trails[0].note(world.clock.now())
    world.trails[1].down = True
    answer = await world.door("dpo").ListAccesses(audit_pb2.ListAccessesRequest())
    assert (len(answer.accesses), list(answer.missing)) == (1, ["tickets"])


async def test_a_day_that_is_none_is_refused(world: World) -> None:
    for day in ("25.11.2026", "2026-02-30", "9999-12-31"):
        with pytest.raises(InvalidArgument):
            await world.door("dpo").ListAccesses(audit_pb2.ListAccessesRequest(from_day=day))


async def test_the_subject_sees_departments_by_day_and_never_who_it_was(world: World) -> None:
    # 23:30 UTC is the next day in Berlin.
    late = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)
    world.clock.set(late + timedelta(hours=2))
    first, second = world.trails
    first.note(late, purpose=options_pb2.PURPOSE_SERVICE, categories=[1, 2])
    first.note(late, purpose=options_pb2.PURPOSE_SERVICE, categories=[9], subjects=40)
    second.note(late, purpose=options_pb2.PURPOSE_SERVICE, mutation=True)
    second.note(late, roles=["service"], teams=[], actor="kontor-campaigns")
    second.note(late, roles=["customer"], teams=[], actor="anna")
    asked = audit_pb2.ListOwnAccessesRequest(contact_id=str(ANNA))
    answer = await world.door("customer", sub="anna").ListOwnAccesses(asked)
    assert sorted(
        (a.day, a.team, a.role, a.reads, a.changes, a.in_lists, len(a.categories)) for a in answer.accesses
    ) == [("2026-11-24", "", "service", 1, 0, 0, 0), ("2026-11-24", "Service", "agent", 2, 1, 1, 3)]
    assert b"jana" not in answer.SerializeToString()


async def test_nobody_sees_who_looked_at_somebody_else(world: World) -> None:
    asked = audit_pb2.ListOwnAccessesRequest(contact_id=str(BEN))
    with pytest.raises(NotFound):
        await world.door("customer", sub="anna").ListOwnAccesses(asked)
    with pytest.raises(PermissionDenied):
        await world.door("agent").ListAccesses(audit_pb2.ListAccessesRequest())


async def test_every_look_at_somebody_who_is_watched_is_an_alert_once(world: World) -> None:
    asked = audit_pb2.WatchContactRequest(request_id=str(uuid.uuid4()), contact_id=str(ANNA))
    await world.door("dpo").WatchContact(asked)
    world.looked("jana", looks=1, worked_on=True)
    await world.jobs.find_unusual()
    world.trails[0].looked[0].looks = 3
    await world.jobs.find_unusual()
    assert await world.alerts() == [(audit_pb2.ALERT_RULE_WATCHED, "jana", 3)]
    gone = audit_pb2.UnwatchContactRequest(request_id=str(uuid.uuid4()), contact_id=str(ANNA))
    await world.door("dpo").UnwatchContact(gone)
    listed = await world.door("dpo").ListWatchedContacts(audit_pb2.ListWatchedContactsRequest())
    assert not listed.contacts


async def test_coming_back_to_somebody_without_a_case_is_an_alert(world: World) -> None:
    world.looked("curious", looks=6)
    world.looked("responsible", looks=6)
    world.looked("worker", looks=6, worked_on=True)
    world.cases.add(("responsible", ANNA))
    await world.jobs.find_unusual()
    assert await world.alerts(open=True) == [(audit_pb2.ALERT_RULE_NO_CASE, "curious", 6)]


async def test_what_was_justified_is_not_raised_again_the_next_day(world: World) -> None:
    world.looked("curious", looks=6)
    await world.jobs.find_unusual()
    (alert,) = (await world.door("dpo").ListAlerts(audit_pb2.ListAlertsRequest())).alerts
    judge = audit_pb2.JudgeAlertRequest(
        request_id=str(uuid.uuid4()), id=alert.id, judgement=audit_pb2.JUDGEMENT_JUSTIFIED
    )
    judged = await world.door("dpo").JudgeAlert(judge)
    assert (judged.judgement, judged.judged_by) == (audit_pb2.JUDGEMENT_JUSTIFIED, "petra")
    world.clock.advance(days=1)
    world.looked("curious", looks=9)
    await world.jobs.find_unusual()
    assert await world.alerts(open=True) == []


async def test_nobody_judges_the_own_accesses_and_nothing_is_judged_twice(world: World) -> None:
    world.looked("petra", looks=6)
    await world.jobs.find_unusual()
    (alert,) = (await world.door("dpo").ListAlerts(audit_pb2.ListAlertsRequest())).alerts

    def judge(alert_id: str) -> audit_pb2.JudgeAlertRequest:
        return audit_pb2.JudgeAlertRequest(
            request_id=str(uuid.uuid4()), id=alert_id, judgement=audit_pb2.JUDGEMENT_UNJUSTIFIED
        )

    with pytest.raises(FailedPrecondition):
        await world.door("dpo").JudgeAlert(judge(alert.id))
    await world.door("admin", sub="adam").JudgeAlert(judge(alert.id))
    with pytest.raises(FailedPrecondition):
        await world.door("dpo", sub="paul").JudgeAlert(judge(alert.id))
    with pytest.raises(NotFound):
        await world.door("dpo").JudgeAlert(judge(str(uuid.uuid4())))


async def test_a_day_far_above_what_is_usual_is_an_alert(world: World) -> None:
    today = world.clock.now().date()
    for back in range(1, 8):
        for actor in ("jana", "tom"):
            earlier = (today - timedelta(days=back)).isoformat()
            world.trails[0].did.append(audit_pb2.StaffActivity(actor=actor, day=earlier, subjects=60))
    world.trails[0].did.append(audit_pb2.StaffActivity(actor="jana", day=today.isoformat(), subjects=301))
    world.trails[1].did.append(audit_pb2.StaffActivity(actor="jana", day=today.isoformat(), subjects=40))
    world.trails[0].did.append(audit_pb2.StaffActivity(actor="tom", day=today.isoformat(), subjects=300))
    await world.jobs.find_unusual()
    await world.jobs.find_unusual()
    assert await world.alerts() == [(audit_pb2.ALERT_RULE_VOLUME, "jana", 301)]


@pytest.mark.parametrize(
    ("counted", "unusual"),
    [
        # Nobody is measured by themselves alone.
        ({("a", MONDAY): VOLUME_FLOOR + 1}, ["a"]),
        ({("a", MONDAY): VOLUME_FLOOR}, []),
        # Two people, one of whom reads everything.
        ({("a", MONDAY): 5000, ("b", MONDAY): 10}, ["a"]),
        # A department that always reads much, and somebody who is new to it.
        ({("a", MONDAY): 900, ("b", MONDAY): 800, ("c", MONDAY): 1000}, []),
        # Yesterday's alert is not raised for today.
        ({("a", MONDAY - timedelta(days=3)): 5000, ("b", MONDAY): 10}, []),
    ],
)
def test_what_is_usual_is_measured_without_the_day_in_question(
    counted: dict[tuple[str, date], int], unusual: list[str]
) -> None:
    assert [actor for actor, *_ in unusual_volumes(counted, since=MONDAY)] == unusual


def test_several_looks_on_one_day_are_no_habit() -> None:
    looks = [Look("a", ANNA, 9, 1, False, MONDAY), Look("b", ANNA, 4, 4, False, MONDAY)]
    assert without_case(looks) == []


@pytest.mark.parametrize(
    ("roles", "role"),
    [
        (["customer"], ""),
        (["service"], "service"),
        (["dpo", "agent"], "agent"),
        (["admin"], "admin"),
        ([], ""),
    ],
)
def test_a_person_is_shown_in_the_role_that_explains_most(roles: list[str], role: str) -> None:
    assert role_of(roles) == role


async def test_numbers_join_all_services_by_person_role_and_purpose(world: World) -> None:
    service, marketing = options_pb2.PURPOSE_SERVICE, options_pb2.PURPOSE_MARKETING
    world.trails[0].total = [
        audit_pb2.AccessTotal(actor="jana", roles=["agent"], purpose=service, reads=4, changes=1),
        # Who is an agent, too, acts as one: two sets of roles are one role.
        audit_pb2.AccessTotal(actor="jana", roles=["agent", "manager"], purpose=service, reads=2),
        audit_pb2.AccessTotal(actor="jana", roles=["agent"], purpose=marketing, reads=1),
    ]
    world.trails[1].total = [audit_pb2.AccessTotal(actor="jana", roles=["agent"], purpose=service, reads=3)]
    asked = audit_pb2.GetAccessCountsRequest(from_day="2026-11-01")
    found = await world.door("dpo").GetAccessCounts(asked)
    assert [(e.actor, e.role, e.purpose, e.reads, e.changes) for e in found.counts] == [
        ("jana", "agent", service, 9, 1),
        ("jana", "agent", marketing, 1, 0),
    ]
    world.trails[1].down = True
    found = await world.door("dpo").GetAccessCounts(asked)
    assert (found.counts[0].reads, list(found.missing)) == (6, ["tickets"])
    with pytest.raises(InvalidArgument):
        await world.door("dpo").GetAccessCounts(audit_pb2.GetAccessCountsRequest(from_day="gestern"))
    with pytest.raises(PermissionDenied):
        await world.door("manager").GetAccessCounts(asked)
