"""Consent that stands in court: evidence, append-only records, who may give what."""

import uuid
from dataclasses import replace

import pytest
from kontor.privacy.v1 import privacy_pb2
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from kernel.db import Database
from kernel.errors import FailedPrecondition, InvalidArgument, NotFound
from services.privacy.consent import store
from services.privacy.consent.merkle import leaf_hash
from services.privacy.consent.model import Evidence, Leaf, Record, State, leaf_content
from services.privacy.consent.recording import Subject
from services.privacy.consent.tree import store as trees
from tests.privacy.conftest import Doors
from tests.privacy.giving import EMAIL, evidence, give_request, text_id, withdraw_request
from tests.privacy.parts import Parts

ANNA = uuid.UUID("018f0000-0000-7000-8000-00000000a11a")


async def facts(database: Database) -> list[str]:
    async with database.reading() as session:
        return list((await session.execute(text("SELECT subject FROM outbox ORDER BY seq"))).scalars())


async def test_double_opt_in_leaves_request_and_consent_with_all_evidence(doors: Doors, parts: Parts) -> None:
    consents = doors.consents(doors.as_service())
    given = await consents.GiveConsent(await give_request(parts.database, ANNA))
    assert given.state == privacy_pb2.CONSENT_STATE_GIVEN
    proof = await consents.GetConsentEvidence(
        privacy_pb2.GetConsentEvidenceRequest(contact_id=str(ANNA), topic="newsletter")
    )
    asked, confirmed = proof.records
    assert [asked.consent.state, confirmed.consent.state] == [1, 2]
    assert not asked.evidence.HasField("confirm_time")
    assert confirmed.evidence == evidence()
    assert confirmed.text.version == 1
    assert confirmed.text.withdrawal_notice
    assert [asked.tree_size, confirmed.tree_size] == [1, 2]
    assert len(confirmed.leaf_hash) == 32
    assert await facts(parts.database) == ["privacy.consent.given"]


async def test_repeating_a_request_id_records_once(doors: Doors, parts: Parts) -> None:
    consents = doors.consents(doors.as_service())
    request = await give_request(parts.database, ANNA)
    assert await consents.GiveConsent(request) == await consents.GiveConsent(request)
    proof = await consents.GetConsentEvidence(
        privacy_pb2.GetConsentEvidenceRequest(contact_id=str(ANNA), topic="newsletter")
    )
    assert len(proof.records) == 2


async def test_double_opt_in_without_proof_is_refused_by_name(doors: Doors, parts: Parts) -> None:
    request = await give_request(parts.database, ANNA, mail_sha256=b"", confirm_time=None)
    with pytest.raises(InvalidArgument) as refused:
        await doors.consents(doors.as_service()).GiveConsent(request)
    assert refused.value.reason == "EVIDENCE_INCOMPLETE"
    assert set(refused.value.violations) == {"evidence.mail_sha256", "evidence.confirm_time"}


async def test_a_text_of_another_topic_is_refused(doors: Doors, parts: Parts) -> None:
    request = await give_request(parts.database, ANNA)
    request.text_id = await text_id(parts.database, "offers")
    with pytest.raises(NotFound):
        await doors.consents(doors.as_service()).GiveConsent(request)


async def test_customer_gives_by_login_whatever_the_page_claims(doors: Doors, parts: Parts) -> None:
    consents = doors.consents(doors.as_customer(ANNA))
    await consents.GiveConsent(await give_request(parts.database, ANNA))
    proof = await consents.GetConsentEvidence(
        privacy_pb2.GetConsentEvidenceRequest(contact_id=str(ANNA), topic="newsletter")
    )
    (record,) = proof.records
    assert record.evidence.method == "portal-login"
    assert not record.evidence.mail_sha256


async def test_customer_without_verified_address_cannot_give(doors: Doors, parts: Parts) -> None:
    consents = doors.consents(doors.as_customer(ANNA, email_verified=False))
    with pytest.raises(FailedPrecondition) as refused:
        await consents.GiveConsent(await give_request(parts.database, ANNA))
    assert refused.value.reason == "EMAIL_NOT_VERIFIED"


async def test_customer_cannot_touch_somebody_else(doors: Doors, parts: Parts) -> None:
    consents = doors.consents(doors.as_customer(ANNA))
    stranger = uuid.uuid4()
    with pytest.raises(NotFound):
        await consents.WithdrawConsent(withdraw_request(stranger))
    with pytest.raises(NotFound):
        await consents.ListConsents(privacy_pb2.ListConsentsRequest(contact_id=str(stranger)))


async def test_withdrawing_what_was_never_given_is_recorded(doors: Doors, parts: Parts) -> None:
    consents = doors.consents(doors.as_service())
    withdrawn = await consents.WithdrawConsent(withdraw_request(ANNA, topic="events"))
    assert withdrawn.state == privacy_pb2.CONSENT_STATE_WITHDRAWN
    assert withdrawn.text_id == ""
    assert await facts(parts.database) == ["privacy.consent.withdrawn"]


async def test_nobody_writes_a_topic_of_their_own_into_the_ledger(doors: Doors, parts: Parts) -> None:
    by_whom = (doors.as_customer(ANNA), doors.as_service(), doors.realm.token("agent"))
    for token in by_whom:
        with pytest.raises(NotFound) as refused:
            await doors.consents(token).WithdrawConsent(withdraw_request(ANNA, topic="Anna ist krank"))
        assert refused.value.reason == "TOPIC_UNKNOWN"
    assert await facts(parts.database) == []


async def test_a_topic_without_a_text_can_be_withdrawn_by_whom_it_was_recorded_for(
    doors: Doors, parts: Parts
) -> None:
    # A company may retire a topic; whoever had agreed to it must still be able to take that back.
    about = Subject(ANNA, "retired", EMAIL)
    async with parts.database.transaction() as session:
        given = Record(uuid.uuid4(), ANNA, "retired", EMAIL, State.GIVEN, None, parts.clock.now(), Evidence())
        tree = await trees.lock_tree(session)
        leaf = Leaf(leaf_hash(b"s" * 16, leaf_content(given)), tree.size, b"s" * 16)
        await store.append(session, [store.Entry(given, leaf)], *tree.grow(leaf.hash))
    assert (await parts.consents.withdraw_consent(about, method="portal")).state is State.WITHDRAWN
    with pytest.raises(NotFound):
        await parts.consents.withdraw_consent(replace(about, contact_id=uuid.uuid4()), method="portal")


async def test_the_newest_record_counts_per_topic(doors: Doors, parts: Parts) -> None:
    consents = doors.consents(doors.as_service())
    for topic in ("newsletter", "offers"):
        await consents.GiveConsent(await give_request(parts.database, ANNA, topic=topic))
    await consents.WithdrawConsent(withdraw_request(ANNA))
    listed = await consents.ListConsents(privacy_pb2.ListConsentsRequest(contact_id=str(ANNA)))
    assert {c.topic: c.state for c in listed.consents} == {"newsletter": 4, "offers": 2}


async def test_nothing_recorded_has_no_evidence(doors: Doors) -> None:
    with pytest.raises(NotFound):
        await doors.consents(doors.as_service()).GetConsentEvidence(
            privacy_pb2.GetConsentEvidenceRequest(contact_id=str(ANNA), topic="newsletter")
        )


async def test_texts_exist_in_both_languages_for_all_topics(doors: Doors) -> None:
    consents = doors.consents(doors.as_service())
    for language in ("de", "en"):
        texts = (
            await consents.ListConsentTexts(privacy_pb2.ListConsentTextsRequest(language=language))
        ).texts
        assert [t.topic for t in texts] == ["events", "newsletter", "offers"]
    one = await consents.GetConsentText(privacy_pb2.GetConsentTextRequest(topic="newsletter", language="de"))
    assert "Widerruf" in one.withdrawal_notice or "widerrufen" in one.withdrawal_notice
    with pytest.raises(NotFound):
        await consents.GetConsentText(privacy_pb2.GetConsentTextRequest(topic="fax", language="de"))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE consent_record SET state = 2",
        "DELETE FROM consent_record",
        "TRUNCATE consent_record",
        "UPDATE erasure_ledger SET round = 9",
        "DELETE FROM erasure_ledger",
        "TRUNCATE erasure_ledger",
    ],
)
async def test_the_database_refuses_to_change_the_ledgers(doors: Doors, parts: Parts, statement: str) -> None:
    await doors.consents(doors.as_service()).GiveConsent(await give_request(parts.database, ANNA))
    with pytest.raises(DBAPIError, match=r"permission denied|only ever grows"):
        async with parts.database.transaction() as session:
            await session.execute(text(statement))


async def test_even_the_owner_with_all_rights_meets_the_trigger(
    doors: Doors, parts: Parts, postgres_admin: object
) -> None:
    await doors.consents(doors.as_service()).GiveConsent(await give_request(parts.database, ANNA))
    with postgres_admin("privacy") as owner:  # type: ignore[operator]
        for statement in ("UPDATE consent_record SET state = 4", "DELETE FROM consent_record"):
            with pytest.raises(Exception, match="only ever grows"):
                owner.execute(statement)


async def test_a_confirmation_that_is_told_again_a_day_later_undoes_no_withdrawal(
    doors: Doors, parts: Parts
) -> None:
    consents = doors.consents(doors.as_service())
    request = await give_request(parts.database, ANNA)
    first = await consents.GiveConsent(request)
    await consents.WithdrawConsent(withdraw_request(ANNA))
    async with parts.database.transaction() as session:
        # As housekeeping does after a day, while the form's repair goes on for two weeks.
        await session.execute(text("DELETE FROM idempotency"))
    assert (await consents.GiveConsent(request)).id == first.id
    known = await consents.ListConsents(privacy_pb2.ListConsentsRequest(contact_id=str(ANNA)))
    assert [one.state for one in known.consents] == [privacy_pb2.CONSENT_STATE_WITHDRAWN]


async def test_a_confirmation_from_before_a_withdrawal_is_refused(doors: Doors, parts: Parts) -> None:
    consents = doors.consents(doors.as_service())
    request = await give_request(parts.database, ANNA)
    await consents.WithdrawConsent(withdraw_request(ANNA))
    with pytest.raises(FailedPrecondition) as refused:
        await consents.GiveConsent(request)
    assert refused.value.reason == "WITHDRAWN_SINCE"
