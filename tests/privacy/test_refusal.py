"""Asked and refused: a no is kept with its proof, and nobody asks again right after it."""

import asyncio
import uuid
from datetime import UTC, datetime

import pytest
from kontor.privacy.v1 import privacy_pb2

from kernel.errors import FailedPrecondition, NotFound, PermissionDenied
from tests.privacy.conftest import Doors, Setting
from tests.privacy.giving import give_request, text_id, withdraw_request
from tests.privacy.living import (
    A_YEAR,
    ANNA,
    facts,
    given,
    history,
    known,
    permit,
    question,
    refusal,
)
from tests.privacy.parts import Parts


async def test_a_question_waits_for_its_answer_and_is_asked_once(doors: Doors, parts: Parts) -> None:
    staff = doors.life(doors.realm.token("agent"))
    first, second = await staff.AskConsent(question()), await staff.AskConsent(question())
    assert first.id == second.id
    assert first.state == privacy_pb2.CONSENT_STATE_REQUESTED
    assert [each.topic for each in (await known(doors)).asked] == ["newsletter"]
    assert await permit(doors) == "no-consent"
    # Nothing goes out with a question.
    assert await facts(parts) == []
    await doors.consents(doors.as_customer(ANNA)).GiveConsent(await give_request(parts.database, ANNA))
    assert not (await known(doors)).asked
    assert await permit(doors) == "consent"


async def test_a_no_is_kept_with_its_text_and_nobody_is_asked_again_for_a_year(
    doors: Doors, parts: Parts
) -> None:
    staff = doors.life(doors.realm.token("marketer"))
    await staff.AskConsent(question())
    no = await doors.life(doors.as_customer(ANNA)).RefuseConsent(await refusal(parts))
    assert (no.state, bool(no.text_id)) == (privacy_pb2.CONSENT_STATE_REFUSED, True)
    assert await permit(doors) == "refused"
    assert (await history(parts))[-1] == (3, "portal-login")
    assert await facts(parts) == ["privacy.consent.refused"]
    parts.clock.set(datetime(2027, 3, 1, 22, 59, tzinfo=UTC))
    with pytest.raises(FailedPrecondition) as soon:
        await staff.AskConsent(question())
    assert soon.value.reason == "ASKED_TOO_SOON"
    assert soon.value.metadata == {"said": "2026-03-02", "again": "2027-03-02"}
    parts.clock.advance(minutes=1)
    await staff.AskConsent(question())
    # What counts is still the no; the question stands beside it.
    answer = await known(doors)
    assert [each.state for each in answer.consents] == [privacy_pb2.CONSENT_STATE_REFUSED]
    assert len(answer.asked) == 1
    assert await permit(doors) == "refused"


@pytest.mark.parametrize("times", [2, 3])
async def test_saying_no_again_is_the_same_no_until_somebody_asks(
    doors: Doors, parts: Parts, times: int
) -> None:
    customer = doors.life(doors.as_customer(ANNA))
    said = {(await customer.RefuseConsent(await refusal(parts))).id for _ in range(times)}
    assert len(said) == 1
    parts.clock.advance(days=400)
    await doors.life(doors.as_service()).AskConsent(question())
    again = await customer.RefuseConsent(await refusal(parts))
    assert again.id not in said
    assert not (await known(doors)).asked


async def test_a_no_to_what_stands_takes_it_back(doors: Doors, parts: Parts) -> None:
    await given(doors, parts)
    answer = await doors.life(doors.as_customer(ANNA)).RefuseConsent(await refusal(parts))
    assert answer.state == privacy_pb2.CONSENT_STATE_WITHDRAWN
    assert await permit(doors) == "withdrawn"


async def test_a_withdrawal_is_a_no_as_well_and_what_stands_is_not_asked(doors: Doors, parts: Parts) -> None:
    staff = doors.life(doors.realm.token("agent"))
    await given(doors, parts)
    with pytest.raises(FailedPrecondition) as stands:
        await staff.AskConsent(question())
    assert stands.value.reason == "CONSENT_STANDS"
    await doors.consents(doors.as_service()).WithdrawConsent(withdraw_request(ANNA))
    with pytest.raises(FailedPrecondition) as soon:
        await staff.AskConsent(question())
    assert soon.value.reason == "ASKED_TOO_SOON"


async def test_whose_consent_is_over_may_be_asked_at_once(
    doors: Doors, parts: Parts, setting: Setting
) -> None:
    job = setting(A_YEAR)
    await given(doors, parts)
    parts.clock.advance(days=400)
    staff = doors.life(doors.realm.token("agent"))
    assert (await staff.AskConsent(question())).state == privacy_pb2.CONSENT_STATE_REQUESTED
    assert await job.expire() == 1
    assert await permit(doors) == "lapsed"


async def test_a_no_needs_its_text_its_person_and_a_verified_address(doors: Doors, parts: Parts) -> None:
    request = await refusal(parts)
    request.text_id = await text_id(parts.database, "offers")
    with pytest.raises(NotFound):
        await doors.life(doors.as_customer(ANNA)).RefuseConsent(request)
    with pytest.raises(NotFound):
        await doors.life(doors.as_customer(uuid.uuid4())).RefuseConsent(await refusal(parts))
    unverified = doors.life(doors.as_customer(ANNA, email_verified=False))
    with pytest.raises(FailedPrecondition):
        await unverified.RefuseConsent(await refusal(parts))
    for token in (doors.as_customer(ANNA), doors.realm.token("sales")):
        with pytest.raises(PermissionDenied):
            await doors.life(token).AskConsent(question())
    with pytest.raises(NotFound):
        await doors.life(doors.as_service()).AskConsent(question(topic="fax"))
    assert await history(parts) == []


async def test_yes_and_no_at_once_end_with_one_of_them(doors: Doors, parts: Parts) -> None:
    customer = doors.as_customer(ANNA)
    await asyncio.gather(
        doors.consents(customer).GiveConsent(await give_request(parts.database, ANNA)),
        doors.life(customer).RefuseConsent(await refusal(parts)),
    )
    last = (await history(parts))[-1][0]
    assert await permit(doors) == {2: "consent", 3: "refused", 4: "withdrawn"}[last]
