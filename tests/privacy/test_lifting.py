"""Who may take an address off the suppression list: its owner, by a consent given in person, and nobody else."""

import uuid

import pytest
from kontor.privacy.v1 import privacy_pb2
from sqlalchemy import text

from kernel.errors import FailedPrecondition, InvalidArgument
from services.privacy.permits.model import About, Candidate
from services.privacy.suppression.model import Address, Hasher
from services.privacy.suppression.service import SuppressionService
from tests.privacy.conftest import Doors
from tests.privacy.giving import EMAIL, give_request
from tests.privacy.parts import Parts, pepper

ANNA = "anna@example.org"


async def preview(parts: Parts, contact: uuid.UUID, address: str = ANNA) -> tuple[bool, str, str]:
    (decision,) = await parts.permits.preview([Candidate(contact, address)], About(EMAIL, "newsletter"))
    return decision.permitted, decision.reason, decision.suppressed_for


async def liftings(parts: Parts) -> list[tuple[str, str]]:
    async with parts.database.reading() as session:
        found = await session.execute(text("SELECT reason, consent_id::text FROM suppression_lifting"))
        return [(row.reason, row.consent_id) for row in found]


@pytest.mark.parametrize("reason", ["erasure", "objection", "import"])
async def test_the_persons_own_consent_lifts_what_stands_for_her_will(
    doors: Doors, parts: Parts, reason: str
) -> None:
    anna = uuid.uuid4()
    await parts.suppression.add_suppression(Address(EMAIL, ANNA), reason=reason)
    consents = doors.consents(doors.as_customer(anna, email="Anna@Example.org"))
    given = await consents.GiveConsent(await give_request(parts.database, anna))
    assert await preview(parts, anna) == (True, "consent", "")
    assert await liftings(parts) == [(reason, given.id)]


@pytest.mark.parametrize("reason", ["bounce", "staff"])
async def test_what_is_not_the_persons_to_lift_stays_and_says_why(
    doors: Doors, parts: Parts, reason: str
) -> None:
    anna = uuid.uuid4()
    await parts.suppression.add_suppression(Address(EMAIL, ANNA), reason=reason)
    consents = doors.consents(doors.as_customer(anna, email=ANNA))
    await consents.GiveConsent(await give_request(parts.database, anna))
    assert await preview(parts, anna) == (False, "suppressed", reason)
    assert await liftings(parts) == []


async def test_nobody_lifts_with_an_unproven_or_another_address(doors: Doors, parts: Parts) -> None:
    anna = uuid.uuid4()
    await parts.suppression.add_suppression(Address(EMAIL, ANNA), reason="objection")
    unverified = doors.consents(doors.as_customer(anna, email=ANNA, email_verified=False))
    with pytest.raises(FailedPrecondition):
        await unverified.GiveConsent(await give_request(parts.database, anna))
    other = doors.consents(doors.as_customer(anna, email="bert@example.org"))
    await other.GiveConsent(await give_request(parts.database, anna))
    assert await preview(parts, anna) == (False, "suppressed", "objection")


async def test_what_a_service_tells_lifts_nothing(doors: Doors, parts: Parts) -> None:
    anna = uuid.uuid4()
    await parts.suppression.add_suppression(Address(EMAIL, ANNA), reason="erasure")
    service = doors.consents(doors.realm.token("service", sub="service-account", email=ANNA))
    await service.GiveConsent(await give_request(parts.database, anna))
    assert (await preview(parts, anna))[1] == "suppressed"


async def test_an_objection_after_the_consent_holds_again(doors: Doors, parts: Parts) -> None:
    anna = uuid.uuid4()
    await parts.suppression.add_suppression(Address(EMAIL, ANNA), reason="objection")
    consents = doors.consents(doors.as_customer(anna, email=ANNA))
    request = await give_request(parts.database, anna)
    await consents.GiveConsent(request)
    await parts.suppression.add_suppression(Address(EMAIL, ANNA), reason="objection")
    # A late repetition of the same click is the same consent.
    await consents.GiveConsent(request)
    assert (await preview(parts, anna))[1] == "suppressed"


async def test_an_entry_made_with_an_old_key_is_lifted_too(doors: Doors, parts: Parts) -> None:
    anna = uuid.uuid4()
    old = SuppressionService(parts.database, Hasher({"k1": pepper("one")}, current="k1"), parts.clock)
    await old.add_suppression(Address(EMAIL, ANNA), reason="erasure")
    await doors.consents(doors.as_customer(anna, email=ANNA)).GiveConsent(
        await give_request(parts.database, anna)
    )
    assert (await preview(parts, anna))[0]


async def test_why_an_address_is_suppressed_is_for_previews_only(doors: Doors, parts: Parts) -> None:
    await parts.suppression.add_suppression(Address(EMAIL, ANNA), reason="objection")
    asked = privacy_pb2.AuthorizeRequest(
        channel=EMAIL,
        topic="newsletter",
        candidates=[privacy_pb2.Candidate(contact_id=str(uuid.uuid4()), address=ANNA)],
    )
    for role in ("agent", "sales", "dpo"):
        shown = await doors.permits(doors.realm.token(role)).Preview(asked)
        assert shown.decisions[0].suppressed_for == "objection"
    kept = await doors.permits(doors.as_service()).Authorize(asked)
    assert (kept.decisions[0].reason, kept.decisions[0].suppressed_for) == ("suppressed", "")


@pytest.mark.parametrize(
    ("channel", "value"),
    [
        (privacy_pb2.CHANNEL_EMAIL, "kein-mail"),
        (privacy_pb2.CHANNEL_EMAIL, "anna@"),
        (privacy_pb2.CHANNEL_EMAIL, "+49 30 901820"),
        (privacy_pb2.CHANNEL_PHONE, "abc"),
        (privacy_pb2.CHANNEL_PHONE, "anna@example.org"),
        (privacy_pb2.CHANNEL_PHONE, "1"),
    ],
)
async def test_what_is_no_address_is_refused_at_its_field(doors: Doors, channel: int, value: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        await doors.suppressions(doors.realm.token("dpo")).AddSuppression(_add(channel, value))
    assert refused.value.reason == "ADDRESS_INVALID"
    assert set(refused.value.violations) == {"address.value"}


@pytest.mark.parametrize(
    ("channel", "value"),
    [
        (privacy_pb2.CHANNEL_EMAIL, " Jörg@Müller.example "),
        (privacy_pb2.CHANNEL_PHONE, "030 901820"),
        (privacy_pb2.CHANNEL_LETTER, "Hauptstraße 1, 10115 Berlin"),
    ],
)
async def test_a_second_time_is_said(doors: Doors, channel: int, value: str) -> None:
    suppressions = doors.suppressions(doors.realm.token("dpo"))
    first = await suppressions.AddSuppression(_add(channel, value))
    again = await suppressions.AddSuppression(_add(channel, value, reason="staff"))
    assert (first.listed_before, again.listed_before) == (False, True)
    assert (again.id, again.reason) == (first.id, "objection")


def _add(channel: int, value: str, *, reason: str = "objection") -> privacy_pb2.AddSuppressionRequest:
    return privacy_pb2.AddSuppressionRequest(
        request_id=str(uuid.uuid4()),
        address=privacy_pb2.Address(channel=privacy_pb2.Channel.ValueType(channel), value=value),
        reason=reason,
    )
