"""How a consent ends by itself: by the clock first, and then in the ledger."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from kontor.privacy.v1 import consent_standings_pb2 as standings_pb2
from kontor.privacy.v1 import privacy_pb2
from sqlalchemy import text

from kernel.db import WriteSession
from services.privacy.consent.jobs import ConsentJobs
from services.privacy.consent.life import jobs
from services.privacy.consent.life import store as life_store
from services.privacy.consent.life.model import Periods
from services.privacy.consent.recording import append_records
from tests.privacy.conftest import Doors, Setting
from tests.privacy.court import Court, Signing
from tests.privacy.giving import withdraw_request
from tests.privacy.living import (
    A_YEAR,
    ANNA,
    BERLIN,
    UNUSED,
    facts,
    given,
    history,
    known,
    permit,
    preview,
    refusal,
)
from tests.privacy.parts import Parts
from tests.privacy.test_proofs import exported, proof_of


async def test_nothing_is_permitted_from_the_first_moment_after_the_last_day(
    doors: Doors, parts: Parts, setting: Setting
) -> None:
    setting(A_YEAR)
    await given(doors, parts)
    parts.clock.set(datetime(2027, 3, 2, 23, 59, 59, tzinfo=BERLIN).astimezone(UTC))
    assert await permit(doors) == "consent"
    (told,) = (await known(doors)).consents
    assert (told.state, told.last_day) == (privacy_pb2.CONSENT_STATE_GIVEN, "2027-03-02")
    parts.clock.advance(seconds=1)
    # No job has run.
    assert await permit(doors) == "lapsed"
    (told,) = (await known(doors)).consents
    assert told.state == privacy_pb2.CONSENT_STATE_EXPIRED


async def test_the_click_counts_however_late_it_is_told(doors: Doors, parts: Parts, setting: Setting) -> None:
    setting(A_YEAR)
    clicked = parts.clock.now() - timedelta(days=10)
    await given(doors, parts, request_time=clicked, confirm_time=clicked)
    parts.clock.set(clicked + timedelta(days=366))
    assert await permit(doors) == "lapsed"


async def test_other_topics_and_other_people_go_on(doors: Doors, parts: Parts, setting: Setting) -> None:
    setting(A_YEAR)
    boris = uuid.uuid4()
    await given(doors, parts)
    await given(doors, parts, topic="events")
    parts.clock.advance(days=300)
    await given(doors, parts, boris)
    parts.clock.advance(days=100)
    assert await permit(doors) == "lapsed"
    assert await permit(doors, topic="events") == "consent"
    assert await permit(doors, boris) == "consent"


async def test_a_consent_that_is_used_lives_and_one_that_lies_does_not(
    doors: Doors, parts: Parts, setting: Setting
) -> None:
    setting(UNUSED)
    boris = uuid.uuid4()
    await given(doors, parts)
    await given(doors, parts, boris)
    for _ in range(3):
        parts.clock.advance(days=700)
        assert await permit(doors) == "consent"
    assert await permit(doors, boris) == "lapsed"
    # A preview is no message, and what was denied was none either.
    parts.clock.advance(days=740)
    assert await preview(doors) == "lapsed"
    assert await permit(doors) == "lapsed"
    assert await permit(doors) == "lapsed"


async def test_what_is_left_counts_from_the_last_message(
    doors: Doors, parts: Parts, setting: Setting
) -> None:
    setting(Periods(BERLIN, valid={"newsletter": 60}, unused=24))
    await given(doors, parts)
    assert (await known(doors)).consents[0].last_day == "2028-03-02"
    parts.clock.advance(days=30)
    assert await permit(doors) == "consent"
    assert (await known(doors)).consents[0].last_day == "2028-04-01"
    parts.clock.set(datetime(2030, 1, 1, tzinfo=UTC))
    parts.lapsing.periods = Periods(BERLIN, valid={"newsletter": 60})
    assert (await known(doors)).consents[0].last_day == "2031-03-02"


async def test_giving_again_begins_anew(doors: Doors, parts: Parts, setting: Setting) -> None:
    job = setting(A_YEAR)
    await given(doors, parts)
    parts.clock.advance(days=400)
    await job.expire()
    await given(doors, parts, token_sha256=b"n" * 32)
    assert await permit(doors) == "consent"
    assert await job.expire() == 0


async def test_the_job_writes_each_end_once_with_its_reason_and_a_fact(
    doors: Doors, parts: Parts, setting: Setting
) -> None:
    job = setting(Periods(BERLIN, valid={"newsletter": 12}, unused=24))
    await given(doors, parts)
    await given(doors, parts, topic="events")
    parts.clock.advance(days=360)
    assert await job.expire() == 0
    parts.clock.advance(days=10)
    assert [await job.expire(), await job.expire()] == [1, 0]
    parts.clock.advance(days=400)
    assert [await job.expire(), await job.expire()] == [1, 0]
    assert (await history(parts))[-2:] == [(5, "validity"), (5, "unused")]
    assert (await facts(parts))[-2:] == ["privacy.consent.expired"] * 2
    assert await permit(doors) == "lapsed"
    proof = await doors.consents(doors.as_service()).GetConsentEvidence(
        privacy_pb2.GetConsentEvidenceRequest(contact_id=str(ANNA), topic="newsletter")
    )
    # It names the text whose consent it ends.
    assert proof.records[-1].text.id == proof.records[-2].text.id


async def test_what_was_withdrawn_or_refused_does_not_expire(
    doors: Doors, parts: Parts, setting: Setting
) -> None:
    job = setting(Periods(BERLIN, valid={"newsletter": 12}, unused=12))
    await given(doors, parts)
    await doors.consents(doors.as_service()).WithdrawConsent(withdraw_request(ANNA))
    parts.clock.advance(days=500)
    assert await job.expire() == 0
    assert await permit(doors) == "withdrawn"


async def test_a_withdrawal_that_comes_while_the_job_runs_is_the_last_word(
    doors: Doors, parts: Parts, setting: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = setting(A_YEAR)
    await given(doors, parts)
    parts.clock.advance(days=400)
    found_them = life_store.records

    async def withdrawn_first(session: WriteSession, ids: list[uuid.UUID]) -> Any:
        await doors.consents(doors.as_service()).WithdrawConsent(withdraw_request(ANNA))
        return await found_them(session, ids)

    monkeypatch.setattr(life_store, "records", withdrawn_first)
    assert await job.expire() == 0
    assert (await history(parts))[-1][0] == 4


async def test_killed_half_way_it_goes_on_with_what_is_left(
    doors: Doors, parts: Parts, setting: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = setting(A_YEAR)
    people = [uuid.uuid4() for _ in range(7)]
    for person in people:
        await given(doors, parts, person)
    parts.clock.advance(days=400)
    monkeypatch.setattr(jobs, "_BATCH", 2)
    append, left = append_records, [2]

    async def dies(*args: Any) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise asyncio.CancelledError
        await append(*args)

    monkeypatch.setattr(jobs, "append_records", dies)
    with pytest.raises(asyncio.CancelledError):
        await job.expire()
    monkeypatch.setattr(jobs, "append_records", append)
    assert await job.expire() == 3
    assert [state for state, _ in await history(parts)].count(5) == 7
    assert (await facts(parts)).count("privacy.consent.expired") == 7


async def test_two_at_once_write_each_end_once(doors: Doors, parts: Parts, setting: Setting) -> None:
    job = setting(A_YEAR)
    for _ in range(5):
        await given(doors, parts, uuid.uuid4())
    parts.clock.advance(days=400)
    assert sorted(await asyncio.gather(job.expire(), job.expire())) == [0, 5]


async def test_a_clock_that_is_set_back_takes_nothing_back_and_writes_nothing(
    doors: Doors, parts: Parts, setting: Setting
) -> None:
    job = setting(A_YEAR)
    await given(doors, parts)
    boris = uuid.uuid4()
    await given(doors, parts, boris)
    parts.clock.advance(days=400)
    assert await job.expire() == 2
    parts.clock.advance(days=-390)
    assert await job.expire() == 0
    assert await permit(doors) == "lapsed"
    # Given anew by the clock that is wrong: younger in the tree, and that is what counts.
    await given(doors, parts, boris, token_sha256=b"n" * 32)
    assert await permit(doors, boris) == "consent"


async def test_nothing_is_written_about_whom_we_have_erased(
    doors: Doors, parts: Parts, setting: Setting
) -> None:
    job = setting(A_YEAR)
    await given(doors, parts)
    async with erased(parts, ANNA):
        parts.clock.advance(days=400)
        assert await job.expire() == 0
    assert [state for state, _ in await history(parts)] == [1, 2]


@asynccontextmanager
async def erased(parts: Parts, contact: uuid.UUID) -> AsyncIterator[None]:
    async with parts.database.transaction() as session:
        columns = (
            await session.execute(
                text(
                    "SELECT column_name, data_type FROM information_schema.columns "
                    "WHERE table_name = 'erasure_plan' AND is_nullable = 'NO' AND column_default IS NULL"
                )
            )
        ).all()
        plain = {"bytea": b"", "jsonb": json.dumps([]), "integer": 0, "smallint": 0, "ARRAY": []}
        values: dict[str, object] = {
            name: parts.clock.now() if kind.startswith("timestamp") else plain.get(kind, "")
            for name, kind in columns
        }
        values |= {name: uuid.uuid4() for name, kind in columns if kind == "uuid"}
        values |= {"subject_id": contact, "executed_at": parts.clock.now()}
        names = ", ".join(values)
        places = ", ".join(f":{name}" for name in values)
        await session.execute(text(f"INSERT INTO erasure_plan ({names}) VALUES ({places})"), values)
    yield


async def test_the_new_states_are_proven_by_the_stand_alone_command(
    doors: Doors,
    parts: Parts,
    setting: Setting,
    tmp_path: Any,
    capsys: pytest.CaptureFixture[str],
) -> None:
    ledger = Signing()
    court = Court(tmp_path, ledger.signer.public_key)
    job = setting(A_YEAR)
    boris = uuid.uuid4()
    await given(doors, parts)
    await doors.life(doors.as_customer(boris)).RefuseConsent(await refusal(parts, boris))
    parts.clock.advance(days=400)
    await job.expire()
    await ConsentJobs(parts.database, ledger, parts.clock).publish_tree_head()  # type: ignore[arg-type]
    assert court.faults(await exported(doors), capsys) == []
    for contact, state in ((ANNA, 5), (boris, 3)):
        proof = await proof_of(doors, contact, doors.as_customer(contact))
        assert proof.record.consent.state == state
        assert court.faults(proof.file, capsys) == []
        forged = json.loads(proof.file)
        forged["leaf"]["content"]["state"] = 2
        assert court.faults(json.dumps(forged).encode(), capsys)


async def test_the_list_says_until_when_each_holds(doors: Doors, parts: Parts, setting: Setting) -> None:
    setting(A_YEAR)
    await given(doors, parts)
    await given(doors, parts, topic="events")
    answer = await doors.standings(doors.realm.token("dpo")).ListStandings(
        standings_pb2.ListStandingsRequest(page_size=10)
    )
    assert {each.consent.topic: each.consent.last_day for each in answer.standings} == {
        "newsletter": "2027-03-02",
        "events": "",
    }
