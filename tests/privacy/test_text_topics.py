"""Texts on their way and in use: handed in, taken back, what each topic shows, and how many consents stand on it."""

import asyncio
import uuid
from datetime import timedelta

import pytest
from kontor.privacy.v1 import consent_texts_pb2 as texts_pb2

from kernel.clock import to_timestamp
from kernel.errors import Aborted, FailedPrecondition, InvalidArgument, NotFound, PermissionDenied
from tests.privacy.conftest import Doors
from tests.privacy.giving import give_request, withdraw_request
from tests.privacy.parts import Parts
from tests.privacy.test_texts import ANNA, Staff, approval, draft_request, english, german, rewriting

__all__ = ["staff"]


@pytest.fixture
def staff(doors: Doors) -> Staff:
    return Staff(doors)


def handing_in(draft: texts_pb2.ConsentDraft) -> texts_pb2.HandInConsentDraftRequest:
    return texts_pb2.HandInConsentDraftRequest(request_id=str(uuid.uuid4()), id=draft.id, etag=draft.etag)


def got(draft: texts_pb2.ConsentDraft) -> texts_pb2.GetConsentDraftRequest:
    return texts_pb2.GetConsentDraftRequest(id=draft.id)


async def topics(staff: Staff) -> dict[str, texts_pb2.ConsentTopic]:
    answer = await staff.marketer.ListConsentTopics(texts_pb2.ListConsentTopicsRequest())
    return {each.topic: each for each in answer.topics}


async def uses(staff: Staff, topic: str = "newsletter") -> list[tuple[str, int]]:
    answer = await staff.officer.ListConsentTextUses(texts_pb2.ListConsentTextUsesRequest(topic=topic))
    return [(each.form_url, each.count) for each in answer.uses]


async def test_what_was_handed_in_waits_and_is_a_draft_again_once_somebody_writes_it_anew(
    staff: Staff,
) -> None:
    draft = await staff.marketer.CreateConsentDraft(draft_request())
    assert not draft.handed_in_by
    waiting = await staff.marketer.HandInConsentDraft(handing_in(draft))
    assert (waiting.handed_in_by, waiting.HasField("hand_in_time"), waiting.etag) == ("mia", True, draft.etag)
    assert await staff.marketer.HandInConsentDraft(handing_in(draft)) == waiting
    assert await staff.officer.GetConsentDraft(got(draft)) == waiting
    anew = await staff.marketer.UpdateConsentDraft(rewriting(waiting, german("Anders."), english()))
    assert not anew.handed_in_by
    with pytest.raises(Aborted):
        await staff.marketer.HandInConsentDraft(handing_in(waiting))
    approved = await staff.officer.ApproveConsentDraft(approval(anew))
    with pytest.raises(FailedPrecondition) as refused:
        await staff.marketer.HandInConsentDraft(handing_in(approved))
    assert refused.value.reason == "APPROVED"


async def test_only_a_whole_text_is_handed_in_and_only_by_who_may_write(staff: Staff) -> None:
    draft = await staff.marketer.CreateConsentDraft(draft_request(translations=[german()]))
    with pytest.raises(FailedPrecondition) as refused:
        await staff.marketer.HandInConsentDraft(handing_in(draft))
    assert refused.value.reason == "TRANSLATION_MISSING"
    with pytest.raises(PermissionDenied):
        await staff.officer.HandInConsentDraft(handing_in(draft))
    with pytest.raises(NotFound):
        await staff.officer.GetConsentDraft(texts_pb2.GetConsentDraftRequest(id=str(uuid.uuid4())))


@pytest.mark.parametrize("part", ["title", "text", "withdrawal_notice"])
async def test_an_empty_or_huge_language_is_no_text(staff: Staff, part: str) -> None:
    for words in ("", "x" * 5_001):
        broken = german()
        setattr(broken, part, words)
        with pytest.raises(InvalidArgument):
            await staff.marketer.CreateConsentDraft(draft_request(translations=[broken, english()]))


async def test_of_two_who_write_and_approve_at_once_one_is_told(staff: Staff) -> None:
    read = await staff.marketer.CreateConsentDraft(draft_request())
    outcomes = await asyncio.gather(
        staff.officer.ApproveConsentDraft(approval(read)),
        staff.marketer.UpdateConsentDraft(rewriting(read, german("Und Anrufe."), english())),
        return_exceptions=True,
    )
    refused = [each for each in outcomes if isinstance(each, BaseException)]
    assert [type(each) for each in refused] in ([Aborted], [FailedPrecondition])
    request = texts_pb2.ListConsentTextVersionsRequest(topic="newsletter")
    shown = [v.text.text for v in (await staff.officer.ListConsentTextVersions(request)).versions]
    assert "Und Anrufe." not in shown


async def test_a_topic_says_what_is_shown_what_follows_and_that_it_was_retired(
    staff: Staff, parts: Parts
) -> None:
    assert (await topics(staff))["newsletter"].version == 1
    later = to_timestamp(parts.clock.now() + timedelta(days=10))
    await staff.officer.ApproveConsentDraft(
        approval(await staff.marketer.CreateConsentDraft(draft_request(effective_time=later)))
    )
    found = (await topics(staff))["newsletter"]
    assert (found.version, found.next_version, list(found.languages)) == (1, 2, ["de", "en"])
    parts.clock.advance(days=11)
    found = (await topics(staff))["newsletter"]
    assert (found.version, found.next_version, found.effective_time) == (2, 0, later)
    retirement = texts_pb2.RetireConsentTopicRequest(request_id=str(uuid.uuid4()), topic="newsletter")
    await staff.officer.RetireConsentTopic(retirement)
    found = (await topics(staff))["newsletter"]
    assert (found.version, found.next_version, found.HasField("retire_time")) == (0, 0, True)


async def test_versions_name_who_wrote_and_who_approved_them(staff: Staff) -> None:
    await staff.officer.ApproveConsentDraft(
        approval(await staff.marketer.CreateConsentDraft(draft_request()))
    )
    request = texts_pb2.ListConsentTextVersionsRequest(topic="newsletter")
    found = (await staff.marketer.ListConsentTextVersions(request)).versions
    assert [(list(v.authors), v.approved_by) for v in found] == [([], "")] * 2 + [(["mia"], "dora")] * 2
    assert [v.HasField("approve_time") for v in found] == [False, False, True, True]


async def test_a_text_counts_the_consents_that_stand_on_it_by_the_form_that_showed_it(
    doors: Doors, staff: Staff, parts: Parts
) -> None:
    consents = doors.consents(doors.as_service())
    form = "https://portal.example/newsletter"
    people = [ANNA, *(uuid.uuid4() for _ in range(3))]
    for number, person in enumerate(people):
        form_url = f"{form}?from=mail&id={number}#top" if number % 2 else form
        await consents.GiveConsent(await give_request(parts.database, person, form_url=form_url))
    await consents.GiveConsent(await give_request(parts.database, uuid.uuid4(), form_url=""))
    assert await uses(staff) == [(form, 4), ("", 1)]
    # Who withdraws or agrees to something else stands on it no longer.
    await consents.WithdrawConsent(withdraw_request(ANNA))
    assert await uses(staff) == [(form, 3), ("", 1)]
    assert await uses(staff, "") == await uses(staff)
    assert await uses(staff, "nothing") == []
    hostile = texts_pb2.ListConsentTextUsesRequest(topic="' OR 1=1 --")
    assert not (await staff.officer.ListConsentTextUses(hostile)).uses
