"""The daily run: once a day, killed and continued, stopped where it finds too much, and reported."""

import uuid
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from kontor.privacy.v1 import retention_pb2, retention_pb2_grpc
from sqlalchemy import text

from kernel.db import Database
from kernel.errors import FailedPrecondition, NotFound, PermissionDenied
from kernel.pages import Pages
from services.privacy.clients import HolderClient
from services.privacy.requests.model import Kind
from services.privacy.retention import jobs as retention_jobs
from services.privacy.retention.jobs import RetentionJobs
from services.privacy.retention.model import Found, Outcome, Run
from services.privacy.retention.rpc import RetentionRpc
from services.privacy.retention.service import RetentionService
from tests.fixtures.clock import FakeClock
from tests.fixtures.realm import Realm
from tests.fixtures.serving import Serve
from tests.privacy.holders import add_person
from tests.privacy.machine import Killed, Machine, MortalDatabase, Reaper, customer

OLD = "2020-06-01T12:00+00:00"


@dataclass
class House:
    """The run over privacy's own tables, and one holder that may be down."""

    machine: Machine
    woken: list[bool] = field(default_factory=list)

    @property
    def database(self) -> Database:
        return self.machine.parts.database

    @property
    def clock(self) -> FakeClock:
        return self.machine.parts.clock

    @property
    def holders(self) -> list[HolderClient]:
        return [self.machine.clients["privacy"]]

    def jobs(self, reaper: Reaper | None = None, *, more: tuple[HolderClient, ...] = ()) -> RetentionJobs:
        database: Any = self.database if reaper is None else MortalDatabase(self.database, reaper)
        return RetentionJobs(
            database,
            self.clock,
            holders=[*self.holders, *more],
            exempt=self.machine.service.contacts_of_open,
            timezone="Europe/Berlin",
        )

    def service(self) -> RetentionService:
        return RetentionService(
            self.database,
            self.clock,
            holders=[*self.holders, self.machine.clients["tickets"]],
            exempt=self.machine.service.contacts_of_open,
            wake=lambda: self.woken.append(True),
        )

    async def decisions(self, number: int, at: str, *, contact: uuid.UUID | None = None) -> None:
        """So many decisions about messages to one contact, or to as many."""
        whose = f"'{contact}'::uuid" if contact else "gen_random_uuid()"
        await self.run(
            "INSERT INTO permit_decision (id, contact_id, topic, channel, permitted, reason, batch_id, decided_at) "
            f"SELECT gen_random_uuid(), {whose}, 'news', 1, true, '', "
            f"gen_random_uuid(), '{at}' FROM generate_series(1, {number})"
        )

    async def count(self, table: str = "permit_decision") -> int:
        return int((await self.run(f"SELECT count(*) FROM {table}"))[0])

    async def run(self, statement: str) -> list[Any]:
        async with self.database.begin() as session:
            result = await session.execute(text(statement))
            return list(result.scalars()) if result.returns_rows else []  # type: ignore[attr-defined]

    async def runs(self) -> list[Run]:
        return await self.service().list_runs(before=None, limit=10)


@pytest.fixture
def house(machine: Machine) -> House:
    return House(machine)


async def test_the_run_deletes_what_is_overdue_and_reports_it(house: House) -> None:
    await house.decisions(10, OLD)
    await house.decisions(5, "2021-06-01T12:00+00:00")
    await house.decisions(90, "2026-01-01T12:00+00:00")
    await house.jobs().work()
    assert await house.count() == 90
    (run,) = await house.runs()
    (result,) = run.results
    assert run.finished_at == house.clock.now()
    assert (result.holder, result.dataset, result.outcome) == ("privacy", "permit_decision", Outcome.DELETED)
    assert (result.rows, result.overdue, result.total) == (15, 15, 105)
    assert result.oldest == datetime.fromisoformat(OLD)
    assert result.newest == datetime(2021, 6, 1, 12, tzinfo=UTC)
    assert result.deletion_class == "decision + 3 years to the end of the year (§§ 195, 199 BGB)"
    assert result.seconds > 0


async def test_a_day_has_one_run(house: House) -> None:
    await house.decisions(1, OLD)
    await house.jobs().work()
    await house.decisions(1, OLD)
    await house.jobs().work()
    assert await house.count() == 1
    house.clock.advance(days=1)
    await house.jobs().work()
    assert (await house.count(), len(await house.runs())) == (0, 2)


async def test_a_clock_that_went_back_runs_no_second_time_and_forward_again_goes_on(house: House) -> None:
    await house.jobs().work()
    house.clock.advance(days=-1)
    await house.jobs().work()
    house.clock.advance(days=1)
    await house.jobs().work()
    assert [run.day.day for run in await house.runs()] == [2, 1]


async def test_a_run_survives_being_killed_at_any_commit(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention_jobs, "BATCH", 2)
    at = 0
    while True:
        at += 1
        await house.run("DELETE FROM retention_result")
        await house.run("DELETE FROM retention_run")
        await house.run("DELETE FROM permit_decision")
        await house.decisions(5, OLD)
        reaper = Reaper(at=at)
        with suppress(Killed):
            await house.jobs(reaper).work()
        if reaper.steps < at:
            break
        await house.jobs().work()
        assert await house.count() == 0, at
        ((run,),) = [await house.runs()]
        assert run.finished_at is not None, at
        assert all(result.outcome is Outcome.DELETED for result in run.results), at
    assert at > 8


async def test_a_holder_that_is_down_delays_its_part_only(house: House) -> None:
    await house.decisions(3, OLD)
    tickets = house.machine.clients["tickets"]
    await house.jobs(more=(tickets,)).work()
    (run,) = await house.runs()
    assert (await house.count(), run.finished_at, run.waiting_for) == (0, None, ("tickets",))


async def test_what_is_too_much_stops_and_goes_on_the_word_for_no_row_more(house: House) -> None:
    await house.decisions(30, OLD)
    await house.decisions(70, "2026-01-01T12:00+00:00")
    await house.jobs().work()
    (run,) = await house.runs()
    (result,) = run.results
    assert (result.outcome, result.rows, result.overdue, result.total) == (Outcome.STOPPED, 0, 30, 100)
    assert await house.count() == 100
    await house.jobs().work()
    assert await house.count() == 100
    await house.decisions(5, OLD)
    approved = await house.service().approve_deletion(run.id, holder="privacy", dataset="permit_decision")
    assert approved.results[0].approved_at == house.clock.now()
    assert house.woken
    await house.jobs().work()
    assert await house.count() == 75
    (run,) = await house.runs()
    assert (run.results[0].outcome, run.results[0].rows) == (Outcome.DELETED, 30)
    await house.jobs().work()
    assert await house.count() == 75
    for refused, error in (("permit_decision", FailedPrecondition), ("consent_ip", NotFound)):
        with pytest.raises(error):
            await house.service().approve_deletion(run.id, holder="privacy", dataset=refused)


@pytest.mark.parametrize(
    ("overdue", "total", "in_years", "stops"),
    [(21, 100, True, True), (20, 100, True, False), (200, 1000, True, False), (201, 1000, True, True),
     (20, 20, True, False), (21, 21, True, True), (1000, 1000, False, False), (0, 0, True, False)],
)  # fmt: skip
def test_a_fifth_of_a_dataset_is_too_much(overdue: int, total: int, in_years: bool, stops: bool) -> None:
    found = Found("h", "d", "c", overdue=overdue, exempt=0, total=total, in_years=in_years)
    assert found.too_much is stops


async def test_a_clock_of_all_services_that_jumped_asks_first(house: House) -> None:
    await house.decisions(100, "2026-01-01T12:00+00:00")
    house.clock.advance(days=3_650)
    await house.jobs().work()
    assert await house.count() == 100


async def test_rows_of_somebody_with_an_open_request_wait_until_it_is_answered(house: House) -> None:
    anna = await add_person(house.machine.contacts)
    await house.decisions(3, OLD, contact=anna)
    await house.decisions(2, OLD)
    request_id = (await house.machine.create(anna, Kind.ERASURE)).request.id
    await house.jobs().work()
    (run,) = await house.runs()
    assert (await house.count(), run.results[0].rows, run.results[0].exempt) == (3, 2, 3)
    await house.machine.service.withdraw_request(request_id, caller=customer(anna))
    house.clock.advance(days=1)
    await house.jobs().work()
    assert await house.count() == 0


async def test_old_requests_go_with_everything_that_hangs_on_them(house: House) -> None:
    anna = await add_person(house.machine.contacts)
    request_id = (await house.machine.create(anna, Kind.ACCESS)).request.id
    await house.machine.jobs().work()
    assert (await house.machine.see(request_id, anna)).request.completed_at is not None
    house.clock.set(datetime(2029, 12, 31, 12, tzinfo=UTC))
    await house.jobs().work()
    assert await house.count("subject_request") == 1
    assert await house.count("access_document") == 0
    house.clock.advance(days=1)
    preview = await house.service().preview_run()
    rows = {each.name: each.rows for each in preview.holders[0][2] if each.rows}
    assert rows["subject_request"] == 1
    assert rows["request_transition"] >= 3
    await house.jobs().work()
    for table in ("subject_request", "request_transition"):
        assert await house.count(table) == 0


async def test_an_open_request_keeps_its_own_steps(house: House) -> None:
    anna = await add_person(house.machine.contacts)
    done = (await house.machine.create(anna, Kind.ACCESS)).request.id
    await house.machine.jobs().work()
    house.clock.advance(days=4 * 366)
    await house.machine.create(anna, Kind.ERASURE)
    await house.jobs().work()
    assert len((await house.machine.see(done, anna)).transitions) >= 3


async def test_only_who_may_sees_and_only_the_dpo_gives_the_word(
    house: House, serve: Serve, realm: Realm
) -> None:
    await house.decisions(30, OLD)
    await house.jobs().work()
    for _ in range(2):
        house.clock.advance(days=1)
        await house.jobs().work()
    served = await serve(
        (retention_pb2_grpc.add_RetentionServicer_to_server, RetentionRpc(house.service(), Pages("s" * 32))),
        database=house.database,
        audience="kontor-privacy",
    )

    def door(*roles: str) -> Any:
        return retention_pb2_grpc.RetentionStub(served.channel(realm.token(*roles)))

    first = await door("manager").ListRuns(retention_pb2.ListRunsRequest(page_size=2))
    rest = await door("manager").ListRuns(
        retention_pb2.ListRunsRequest(page_size=2, page_token=first.next_page_token)
    )
    assert [len(first.runs), len(rest.runs), rest.next_page_token] == [2, 1, ""]
    shown = await door("dpo").PreviewRun(retention_pb2.PreviewRunRequest())
    assert [each.holder for each in shown.holders] == ["privacy", "tickets"]
    assert (bool(shown.holders[0].datasets), shown.holders[1].problem != "") == (True, True)
    for role in ("agent", "customer", "marketer"):
        with pytest.raises(PermissionDenied):
            await door(role).PreviewRun(retention_pb2.PreviewRunRequest())
    word = retention_pb2.ApproveDeletionRequest(
        request_id=str(uuid.uuid4()), run_id=first.runs[0].id, holder="privacy", dataset="permit_decision"
    )
    with pytest.raises(PermissionDenied):
        await door("admin").ApproveDeletion(word)
    answer = await door("dpo").ApproveDeletion(word)
    (result,) = answer.results
    assert result.outcome == retention_pb2.RUN_OUTCOME_STOPPED
    assert result.approve_time.ToDatetime(UTC) == house.clock.now()
