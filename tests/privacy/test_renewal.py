"""A consent that goes on: asked about once before its end, renewed with full evidence, never after a withdrawal."""

import asyncio
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from kontor.privacy.v1 import consent_life_pb2 as life_pb2
from kontor.privacy.v1 import events_pb2, privacy_pb2
from sqlalchemy import text

from kernel.errors import FailedPrecondition, InvalidArgument, NotFound, PermissionDenied
from services.privacy.consent.jobs import ConsentJobs
from services.privacy.consent.life.jobs import LifeJobs
from tests.privacy.conftest import Doors, Setting
from tests.privacy.court import Court, Signing
from tests.privacy.giving import EMAIL, evidence, text_id, withdraw_request
from tests.privacy.living import A_YEAR, ANNA, UNUSED, facts, given, history, known, permit
from tests.privacy.parts import Parts
from tests.privacy.test_proofs import exported, proof_of


async def renewal(parts: Parts, contact: uuid.UUID = ANNA, **changes: Any) -> life_pb2.RenewConsentRequest:
    now = parts.clock.now()
    proof = {
        "method": "renewal-mail",
        "request_time": now - timedelta(days=1),
        "confirm_time": now,
        "token_sha256": b"r" * 32,
    }
    return life_pb2.RenewConsentRequest(
        request_id=str(uuid.uuid4()),
        contact_id=str(contact),
        topic="newsletter",
        channel=EMAIL,
        text_id=await text_id(parts.database),
        evidence=evidence(**{**proof, **changes}),
    )


async def questions(parts: Parts) -> list[events_pb2.ConsentRenewalDue]:
    async with parts.database.reading() as session:
        statement = text("SELECT payload FROM outbox WHERE subject = 'privacy.consent.ending' ORDER BY seq")
        payloads = (await session.execute(statement)).scalars()
        return [events_pb2.ConsentRenewalDue.FromString(each) for each in payloads]


async def test_the_question_comes_once_when_the_end_is_near(
    doors: Doors, parts: Parts, setting: Setting
) -> None:
    job = setting(A_YEAR)
    await given(doors, parts)
    await given(doors, parts, topic="events")
    parts.clock.set(datetime(2027, 1, 30, 12, tzinfo=UTC))
    assert await job.ask_renewals() == 0
    parts.clock.advance(days=1)
    assert [await job.ask_renewals() for _ in range(3)] == [1, 0, 0]
    (due,) = await questions(parts)
    (newsletter,) = [each for each in (await known(doors)).consents if each.topic == "newsletter"]
    assert (due.contact_id, due.topic, due.last_day) == (str(ANNA), "newsletter", "2027-03-02")
    assert due.consent_id == newsletter.id
    # On every later day, and after the end.
    for _ in range(40):
        parts.clock.advance(days=1)
        assert await job.ask_renewals() == 0


async def test_two_jobs_at_once_and_a_clock_that_is_set_back_ask_once(
    doors: Doors, parts: Parts, setting: Setting
) -> None:
    job = setting(A_YEAR)
    for _ in range(5):
        await given(doors, parts, uuid.uuid4())
    parts.clock.advance(days=350)
    assert sorted(await asyncio.gather(job.ask_renewals(), job.ask_renewals())) == [0, 5]
    parts.clock.advance(days=-10)
    assert await job.ask_renewals() == 0
    parts.clock.advance(days=20)
    assert await job.ask_renewals() == 0


async def test_whoever_said_no_or_is_over_is_not_asked(doors: Doors, parts: Parts, setting: Setting) -> None:
    job = setting(A_YEAR)
    boris = uuid.uuid4()
    await given(doors, parts)
    await given(doors, parts, boris)
    await doors.consents(doors.as_service()).WithdrawConsent(withdraw_request(ANNA))
    parts.clock.advance(days=366)
    assert await job.ask_renewals() == 0


async def test_the_mail_that_asks_is_permitted_and_is_no_use(
    doors: Doors, parts: Parts, setting: Setting
) -> None:
    job = setting(UNUSED)
    await given(doors, parts)
    parts.clock.set(datetime(2028, 2, 20, 12, tzinfo=UTC))
    assert await job.ask_renewals() == 1
    assert await permit(doors, renewal=True) == "renewal"
    assert (await known(doors)).consents[0].last_day == "2028-03-02"
    parts.clock.set(datetime(2028, 3, 3, 12, tzinfo=UTC))
    assert await permit(doors, renewal=True) == "lapsed"
    assert await permit(doors) == "lapsed"


async def test_a_use_moves_the_end_and_with_it_the_next_question(
    doors: Doors, parts: Parts, setting: Setting
) -> None:
    job = setting(UNUSED)
    await given(doors, parts)
    parts.clock.set(datetime(2028, 2, 20, 12, tzinfo=UTC))
    assert await job.ask_renewals() == 1
    assert await permit(doors) == "consent"
    assert await job.ask_renewals() == 0
    parts.clock.set(datetime(2030, 2, 10, 12, tzinfo=UTC))
    assert await job.ask_renewals() == 1
    assert [each.last_day for each in await questions(parts)] == ["2028-03-02", "2030-02-20"]


async def test_a_renewal_goes_on_with_a_new_period_and_counts_once(
    doors: Doors, parts: Parts, setting: Setting
) -> None:
    job = setting(A_YEAR)
    await given(doors, parts)
    parts.clock.set(datetime(2027, 2, 28, 12, tzinfo=UTC))
    life = doors.life(doors.as_service())
    request = await renewal(parts)
    first = await life.RenewConsent(request)
    again = await renewal(parts)
    assert (await life.RenewConsent(again)).id == first.id
    assert first.state == privacy_pb2.CONSENT_STATE_RENEWED
    (told,) = (await known(doors)).consents
    assert (told.state, told.last_day) == (privacy_pb2.CONSENT_STATE_RENEWED, "2028-02-28")
    assert (await history(parts))[-1] == (6, "renewal-mail")
    assert (await facts(parts))[-1] == "privacy.consent.renewed"
    parts.clock.set(datetime(2028, 2, 28, 12, tzinfo=UTC))
    assert await permit(doors) == "consent"
    parts.clock.advance(days=1)
    assert await permit(doors) == "lapsed"
    assert await job.expire() == 1


@pytest.mark.parametrize("ended", ["withdrawn", "over", "written", "never"])
async def test_what_has_ended_is_not_renewed(
    doors: Doors, parts: Parts, setting: Setting, ended: str
) -> None:
    job = setting(A_YEAR)
    if ended != "never":
        await given(doors, parts)
    if ended == "withdrawn":
        await doors.consents(doors.as_service()).WithdrawConsent(withdraw_request(ANNA))
    if ended in ("over", "written"):
        parts.clock.advance(days=400)
    if ended == "written":
        await job.expire()
    request = await renewal(parts)
    with pytest.raises(FailedPrecondition) as over:
        await doors.life(doors.as_service()).RenewConsent(request)
    assert over.value.reason == "RENEWAL_OVER"


async def test_a_renewal_told_again_after_a_withdrawal_undoes_nothing(
    doors: Doors, parts: Parts, setting: Setting
) -> None:
    setting(A_YEAR)
    await given(doors, parts)
    life = doors.life(doors.as_service())
    first = await life.RenewConsent(await renewal(parts))
    await doors.consents(doors.as_service()).WithdrawConsent(withdraw_request(ANNA))
    assert (await life.RenewConsent(await renewal(parts))).id == first.id
    assert await permit(doors) == "withdrawn"


async def test_the_job_that_expires_and_the_click_that_renews_meet(
    doors: Doors, parts: Parts, setting: Setting
) -> None:
    job = setting(A_YEAR)
    await given(doors, parts)
    parts.clock.set(datetime(2027, 3, 2, 22, 59, 59, tzinfo=UTC))
    request = await renewal(parts)
    await asyncio.gather(job.expire(), doors.life(doors.as_service()).RenewConsent(request))
    parts.clock.advance(days=1)
    assert await job.expire() == 0
    assert await permit(doors) == "consent"


async def test_a_renewal_needs_its_mail_its_text_and_a_service(
    doors: Doors, parts: Parts, setting: Setting
) -> None:
    setting(A_YEAR)
    await given(doors, parts)
    service = doors.life(doors.as_service())
    bare = await renewal(parts, mail_sha256=b"", confirm_time=None)
    with pytest.raises(InvalidArgument) as refused:
        await service.RenewConsent(bare)
    assert set(refused.value.violations) == {"evidence.mail_sha256", "evidence.confirm_time"}
    foreign = await renewal(parts)
    foreign.text_id = await text_id(parts.database, "offers")
    with pytest.raises(NotFound):
        await service.RenewConsent(foreign)
    for token in (doors.as_customer(ANNA), doors.realm.token("admin")):
        request = await renewal(parts)
        with pytest.raises(PermissionDenied):
            await doors.life(token).RenewConsent(request)


async def test_a_renewal_is_proven_by_the_stand_alone_command(
    doors: Doors, parts: Parts, setting: Setting, tmp_path: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    setting(A_YEAR)
    ledger = Signing()
    court = Court(tmp_path, ledger.signer.public_key)
    await given(doors, parts)
    await doors.life(doors.as_service()).RenewConsent(await renewal(parts))
    await ConsentJobs(parts.database, ledger, parts.clock).publish_tree_head()  # type: ignore[arg-type]
    assert court.faults(await exported(doors), capsys) == []
    proof = await proof_of(doors, ANNA, doors.as_customer(ANNA))
    assert proof.record.consent.state == privacy_pb2.CONSENT_STATE_RENEWED
    assert court.faults(proof.file, capsys) == []


async def test_without_notice_nobody_is_asked(doors: Doors, parts: Parts, setting: Setting) -> None:
    setting(A_YEAR)
    await given(doors, parts)
    parts.clock.advance(days=350)
    assert await LifeJobs(parts.database, parts.clock, lapsing=parts.lapsing).ask_renewals() == 0
