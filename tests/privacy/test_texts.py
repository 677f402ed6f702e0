"""What people are asked: written by one, approved by another, in versions that never change."""

import asyncio
import hashlib
import uuid
from datetime import timedelta

import pytest
from kontor.privacy.v1 import consent_texts_pb2 as texts_pb2
from kontor.privacy.v1 import privacy_pb2
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from kernel.clock import to_timestamp
from kernel.errors import (
    Aborted,
    DomainError,
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    PermissionDenied,
)
from services.privacy.permits.model import About, Candidate
from tests.privacy.conftest import Doors
from tests.privacy.giving import EMAIL, give_request
from tests.privacy.parts import Parts

ANNA = uuid.UUID("018f0000-0000-7000-8000-00000000a11a")


def german(words: str = "Ich möchte den Rundbrief per E-Mail erhalten.") -> texts_pb2.ConsentTranslation:
    return texts_pb2.ConsentTranslation(
        language="de", title="Rundbrief", text=words, withdrawal_notice="Widerruf jederzeit."
    )


def english(words: str = "I would like the letter by e-mail.") -> texts_pb2.ConsentTranslation:
    return texts_pb2.ConsentTranslation(
        language="en", title="Letter", text=words, withdrawal_notice="Withdraw at any time."
    )


def draft_request(topic: str = "newsletter", **changes: object) -> texts_pb2.CreateConsentDraftRequest:
    values = {"translations": [german(), english()], **changes}
    return texts_pb2.CreateConsentDraftRequest(request_id=str(uuid.uuid4()), topic=topic, **values)  # type: ignore[arg-type]


def approval(draft: texts_pb2.ConsentDraft) -> texts_pb2.ApproveConsentDraftRequest:
    return texts_pb2.ApproveConsentDraftRequest(request_id=str(uuid.uuid4()), id=draft.id, etag=draft.etag)


def rewriting(
    draft: texts_pb2.ConsentDraft, *translations: texts_pb2.ConsentTranslation
) -> texts_pb2.UpdateConsentDraftRequest:
    return texts_pb2.UpdateConsentDraftRequest(
        request_id=str(uuid.uuid4()), id=draft.id, etag=draft.etag, translations=translations
    )


class Staff:
    """A marketer, a colleague and the officer at the door of the texts."""

    def __init__(self, doors: Doors) -> None:
        self.marketer = doors.texts(doors.realm.token("marketer", sub="mia"))
        self.officer = doors.texts(doors.realm.token("dpo", sub="dora"))
        # Somebody with both roles, as small companies have.
        self.both = doors.texts(doors.realm.token("marketer", "dpo", sub="mia"))


@pytest.fixture
def staff(doors: Doors) -> Staff:
    return Staff(doors)


async def shown(doors: Doors, topic: str = "newsletter", language: str = "de") -> privacy_pb2.ConsentText:
    request = privacy_pb2.GetConsentTextRequest(topic=topic, language=language)
    return await doors.consents(doors.as_service()).GetConsentText(request)


async def permitted(parts: Parts) -> tuple[bool, str]:
    candidates = [Candidate(ANNA, "anna@example.org")]
    (decision,) = await parts.permits.authorize(candidates, About(EMAIL, "newsletter"), batch_id=None)
    return decision.permitted, decision.reason


async def test_an_approved_draft_is_what_people_are_asked_and_the_old_text_stays(
    doors: Doors, staff: Staff
) -> None:
    before = await shown(doors)
    draft = await staff.marketer.CreateConsentDraft(draft_request())
    assert await shown(doors) == before
    approved = await staff.officer.ApproveConsentDraft(approval(draft))
    assert (approved.version, list(approved.authors), approved.approved_by) == (2, ["mia"], "dora")
    now = await shown(doors)
    assert (now.version, now.text) == (2, german().text)
    whole = "\n\n".join((now.title, now.text, now.withdrawal_notice))
    assert now.sha256 == hashlib.sha256(whole.encode()).digest()
    request = texts_pb2.ListConsentTextVersionsRequest(topic="newsletter")
    versions = (await staff.marketer.ListConsentTextVersions(request)).versions
    assert [(v.text.version, v.text.language) for v in versions] == [
        (1, "de"),
        (1, "en"),
        (2, "de"),
        (2, "en"),
    ]
    assert versions[0].text == before
    (listed,) = (await staff.officer.ListConsentDrafts(texts_pb2.ListConsentDraftsRequest())).drafts
    assert listed == approved


async def test_nobody_approves_what_they_wrote_and_a_rewriter_is_an_author_too(
    doors: Doors, staff: Staff
) -> None:
    draft = await staff.marketer.CreateConsentDraft(draft_request())
    with pytest.raises(FailedPrecondition) as refused:
        await staff.both.ApproveConsentDraft(approval(draft))
    assert refused.value.reason == "FOUR_EYES"
    colleague = doors.texts(doors.realm.token("manager", "dpo", sub="max"))
    draft = await colleague.UpdateConsentDraft(rewriting(draft, german("Anders."), english()))
    assert draft.authors == ["mia", "max"]
    for author in (staff.both, colleague):
        with pytest.raises(FailedPrecondition):
            await author.ApproveConsentDraft(approval(draft))
    with pytest.raises(PermissionDenied):
        await staff.marketer.ApproveConsentDraft(approval(draft))
    with pytest.raises(PermissionDenied):
        await staff.officer.CreateConsentDraft(draft_request())
    assert (await shown(doors)).version == 1


async def test_both_languages_are_needed(staff: Staff) -> None:
    for only in (german(), english()):
        draft = await staff.marketer.CreateConsentDraft(draft_request(translations=[only]))
        with pytest.raises(FailedPrecondition) as refused:
            await staff.officer.ApproveConsentDraft(approval(draft))
        assert refused.value.reason == "TRANSLATION_MISSING"


async def test_only_what_was_read_is_approved_and_only_once(doors: Doors, staff: Staff) -> None:
    read = await staff.marketer.CreateConsentDraft(draft_request())
    changed = await staff.marketer.UpdateConsentDraft(rewriting(read, german("Und Anrufe."), english()))
    with pytest.raises(Aborted):
        await staff.officer.ApproveConsentDraft(approval(read))
    with pytest.raises(Aborted):
        await staff.marketer.UpdateConsentDraft(rewriting(read, german(), english()))
    await staff.officer.ApproveConsentDraft(approval(changed))
    for again in (
        staff.officer.ApproveConsentDraft(approval(changed)),
        staff.marketer.UpdateConsentDraft(rewriting(changed, german())),
    ):
        with pytest.raises(FailedPrecondition) as refused:
            await again
        assert refused.value.reason == "APPROVED"
    missing = texts_pb2.ConsentDraft(id=str(uuid.uuid4()), etag="x")
    with pytest.raises(NotFound):
        await staff.officer.ApproveConsentDraft(approval(missing))


async def test_approvals_of_one_topic_at_once_become_versions_one_after_the_other(
    doors: Doors, staff: Staff
) -> None:
    drafts = [await staff.marketer.CreateConsentDraft(draft_request("fairs")) for _ in range(4)]
    approved = await asyncio.gather(*(staff.officer.ApproveConsentDraft(approval(d)) for d in drafts))
    assert sorted(each.version for each in approved) == [1, 2, 3, 4]


async def test_a_version_is_shown_from_its_day_on(doors: Doors, staff: Staff, parts: Parts) -> None:
    later = to_timestamp(parts.clock.now() + timedelta(days=10))
    draft = await staff.marketer.CreateConsentDraft(draft_request(effective_time=later, material=True))
    await doors.consents(doors.as_service()).GiveConsent(await give_request(parts.database, ANNA))
    await staff.officer.ApproveConsentDraft(approval(draft))
    assert (await shown(doors)).version == 1
    assert await permitted(parts) == (True, "consent")
    parts.clock.advance(days=11)
    assert (await shown(doors)).version == 2
    assert await permitted(parts) == (False, "expired")


async def test_old_consents_cover_a_version_that_only_reads_better(
    doors: Doors, staff: Staff, parts: Parts
) -> None:
    await doors.consents(doors.as_service()).GiveConsent(await give_request(parts.database, ANNA))
    draft = await staff.marketer.CreateConsentDraft(draft_request())
    await staff.officer.ApproveConsentDraft(approval(draft))
    assert await permitted(parts) == (True, "consent")


async def test_who_agrees_to_the_changed_text_is_covered_again(
    doors: Doors, staff: Staff, parts: Parts
) -> None:
    given = await give_request(parts.database, ANNA)
    consents = doors.consents(doors.as_service())
    await consents.GiveConsent(given)
    draft = await staff.marketer.CreateConsentDraft(draft_request(material=True))
    await staff.officer.ApproveConsentDraft(approval(draft))
    assert await permitted(parts) == (False, "expired")
    given.request_id, given.text_id = str(uuid.uuid4()), (await shown(doors)).id
    given.evidence.token_sha256 = b"n" * 32
    await consents.GiveConsent(given)
    assert await permitted(parts) == (True, "consent")


async def test_nobody_is_asked_about_a_retired_topic_and_no_message_rests_on_it(
    doors: Doors, staff: Staff, parts: Parts
) -> None:
    await doors.consents(doors.as_service()).GiveConsent(await give_request(parts.database, ANNA))
    retirement = texts_pb2.RetireConsentTopicRequest(request_id=str(uuid.uuid4()), topic="newsletter")
    with pytest.raises(PermissionDenied):
        await staff.marketer.RetireConsentTopic(retirement)
    await staff.officer.RetireConsentTopic(retirement)
    with pytest.raises(NotFound):
        await shown(doors)
    assert await permitted(parts) == (False, "expired")
    draft = await staff.marketer.CreateConsentDraft(draft_request())
    await staff.officer.ApproveConsentDraft(approval(draft))
    assert (await shown(doors)).version == 2
    assert await permitted(parts) == (True, "consent")
    unknown = texts_pb2.RetireConsentTopicRequest(request_id=str(uuid.uuid4()), topic="fax")
    with pytest.raises(NotFound):
        await staff.officer.RetireConsentTopic(unknown)


@pytest.mark.parametrize(
    "topic", ["Anna ist krank", "Grüße", "a" * 41, "-", "a--b", "a\n", "ａ", "news letter"]
)
async def test_a_topic_is_a_key_and_nothing_that_somebody_typed(staff: Staff, topic: str) -> None:
    with pytest.raises(DomainError) as refused:
        await staff.marketer.CreateConsentDraft(draft_request(topic))
    assert isinstance(refused.value, InvalidArgument)
    assert "topic" in refused.value.violations


@pytest.mark.parametrize("statement", ["UPDATE consent_text SET text = 'Alles'", "DELETE FROM consent_text"])
async def test_the_database_refuses_to_change_a_text(parts: Parts, statement: str) -> None:
    with pytest.raises(DBAPIError, match="only ever grows"):
        async with parts.database.transaction() as session:
            await session.execute(text(statement))
