"""A person sees what is blocked and why, and is taken off by a wish that is theirs, proven, kept, and no consent."""

import asyncio
import uuid

import pytest
from kontor.privacy.v1 import own_suppressions_pb2 as own_pb2
from kontor.privacy.v1 import privacy_pb2
from sqlalchemy import text

from kernel.errors import DomainError, FailedPrecondition, NotFound, PermissionDenied
from services.privacy.customers.model import Advertising
from services.privacy.permits.model import About, Candidate
from services.privacy.suppression.model import Address
from services.privacy.suppression.normalise import EMAIL, PHONE, SMS
from tests.privacy.conftest import Doors
from tests.privacy.giving import give_request
from tests.privacy.parts import Parts

ANNA = "anna@example.org"


async def seen(doors: Doors, contact: uuid.UUID, **login: object) -> list[tuple[int, str, str, str]]:
    asked = own_pb2.ListOwnSuppressionsRequest(contact_id=str(contact))
    login = {"email": ANNA, **login}
    answer = await doors.own_suppressions(doors.as_customer(contact, **login)).ListOwnSuppressions(asked)
    return [(one.channel, one.address, one.reason, one.obstacle) for one in answer.suppressions]


async def lift(doors: Doors, contact: uuid.UUID, entry: uuid.UUID, **login: object) -> None:
    wish = own_pb2.LiftOwnSuppressionRequest(
        request_id=str(uuid.uuid4()), contact_id=str(contact), id=str(entry)
    )
    login = {"email": ANNA, **login}
    await doors.own_suppressions(doors.as_customer(contact, **login)).LiftOwnSuppression(wish)


async def reason(parts: Parts, contact: uuid.UUID) -> str:
    (decision,) = await parts.permits.preview([Candidate(contact, ANNA)], About(EMAIL, "newsletter"))
    assert not decision.permitted
    return decision.reason


async def liftings(doors: Doors) -> list[tuple[str, str, bool, str]]:
    staff = doors.suppressions(doors.realm.token("manager"))
    found = await staff.ListSuppressionLiftings(privacy_pb2.ListSuppressionLiftingsRequest())
    return [(one.entry.reason, one.contact_id, bool(one.consent_id), one.proven_by) for one in found.liftings]


async def test_every_address_of_the_person_is_shown_with_its_reason(doors: Doors, parts: Parts) -> None:
    anna = uuid.uuid4()
    parts.on_file[anna] = [
        Address(EMAIL, "Alt@Example.org"),
        Address(PHONE, "030 901820"),
        Address(SMS, "030 901820"),
    ]
    for address, why in [
        (Address(EMAIL, ANNA), "objection"),
        (Address(EMAIL, "alt@example.org"), "import"),
        (Address(PHONE, "+4930901820"), "staff"),
        (Address(EMAIL, "bert@example.org"), "objection"),
    ]:
        await parts.suppression.add_suppression(address, reason=why)
        parts.clock.advance(seconds=1)
    assert await seen(doors, anna) == [
        (EMAIL, ANNA, "objection", ""),
        (EMAIL, "alt@example.org", "import", "not-proven"),
        (PHONE, "+4930901820", "staff", "staff"),
    ]
    assert await seen(doors, anna, email_verified=False) == [
        (EMAIL, "alt@example.org", "import", "not-proven"),
        (PHONE, "+4930901820", "staff", "staff"),
    ]


@pytest.mark.parametrize("why", ["erasure", "objection", "import"])
async def test_a_wish_lifts_and_is_no_consent(doors: Doors, parts: Parts, why: str) -> None:
    anna = uuid.uuid4()
    entry = await parts.suppression.add_suppression(Address(EMAIL, ANNA), reason=why)
    assert await reason(parts, anna) == "suppressed"
    await lift(doors, anna, entry.id, email="Anna@Example.org")
    assert await reason(parts, anna) == "no-consent"
    assert await seen(doors, anna) == []
    assert await liftings(doors) == [(why, str(anna), False, "portal-login")]
    async with parts.database.reading() as session:
        audited = await session.execute(
            text("SELECT actor, subject_ids FROM audit_entry WHERE method LIKE '%LiftOwnSuppression'")
        )
        assert [(row.actor, row.subject_ids) for row in audited] == [(f"login-{anna}", [anna])]


async def test_what_was_agreed_to_before_the_entry_does_not_come_back_with_it(
    doors: Doors, parts: Parts
) -> None:
    anna = uuid.uuid4()
    consents = doors.consents(doors.as_customer(anna, email=ANNA))
    await consents.GiveConsent(await give_request(parts.database, anna))
    parts.clock.advance(hours=1)
    # Staff notes an objection by phone; nobody withdraws anything.
    entry = await parts.suppression.add_suppression(Address(EMAIL, ANNA), reason="objection")
    await lift(doors, anna, entry.id)
    assert await reason(parts, anna) == "withdrawn"
    parts.clock.advance(hours=1)
    await consents.GiveConsent(await give_request(parts.database, anna))
    (now,) = await parts.permits.preview([Candidate(anna, ANNA)], About(EMAIL, "newsletter"))
    assert now.permitted


@pytest.mark.parametrize("why", ["bounce", "staff"])
async def test_what_is_not_the_persons_stays_and_says_so(doors: Doors, parts: Parts, why: str) -> None:
    anna = uuid.uuid4()
    entry = await parts.suppression.add_suppression(Address(EMAIL, ANNA), reason=why)
    assert await seen(doors, anna) == [(EMAIL, ANNA, why, why)]
    with pytest.raises(FailedPrecondition) as refused:
        await lift(doors, anna, entry.id)
    assert refused.value.reason == "NOT_YOURS_TO_LIFT"
    assert await reason(parts, anna) == "suppressed"
    assert await liftings(doors) == []


async def test_nobody_lifts_what_the_login_does_not_prove(doors: Doors, parts: Parts) -> None:
    anna = uuid.uuid4()
    parts.on_file[anna] = [Address(EMAIL, ANNA), Address(PHONE, "030 901820")]
    mail = await parts.suppression.add_suppression(Address(EMAIL, ANNA), reason="objection")
    phone = await parts.suppression.add_suppression(Address(PHONE, "030 901820"), reason="objection")
    tries: list[tuple[uuid.UUID, dict[str, object], type[DomainError]]] = [
        (mail.id, {"email_verified": False}, FailedPrecondition),
        (mail.id, {"email": "bert@example.org"}, NotFound),
        (phone.id, {}, NotFound),
        (uuid.uuid4(), {}, NotFound),
    ]
    for entry, login, error in tries:
        with pytest.raises(error):
            await lift(doors, anna, entry, **login)
    assert (await parts.suppression.get_suppression_counts()).by_reason == {"objection": 2}


async def test_only_the_person_may_look_and_wish(doors: Doors, parts: Parts) -> None:
    anna, bert = uuid.uuid4(), uuid.uuid4()
    entry = await parts.suppression.add_suppression(Address(EMAIL, ANNA), reason="objection")
    asked = own_pb2.ListOwnSuppressionsRequest(contact_id=str(anna))
    wish = own_pb2.LiftOwnSuppressionRequest(
        request_id=str(uuid.uuid4()), contact_id=str(anna), id=str(entry.id)
    )
    for token in (
        doors.realm.token("dpo", email=ANNA, email_verified=True),
        doors.as_service(),
        doors.realm.token("admin", "agent"),
    ):
        for call, request in (("ListOwnSuppressions", asked), ("LiftOwnSuppression", wish)):
            with pytest.raises(PermissionDenied):
                await getattr(doors.own_suppressions(token), call)(request)
    stranger = doors.own_suppressions(doors.as_customer(bert, email=ANNA))
    for call, request in (("ListOwnSuppressions", asked), ("LiftOwnSuppression", wish)):
        with pytest.raises((NotFound, PermissionDenied)):
            await getattr(stranger, call)(request)
    assert await parts.suppression.check_suppressions([Address(EMAIL, ANNA)]) == [True]


async def test_twice_at_once_lifts_once(doors: Doors, parts: Parts) -> None:
    anna = uuid.uuid4()
    entry = await parts.suppression.add_suppression(Address(EMAIL, ANNA), reason="erasure")
    done = await asyncio.gather(*(lift(doors, anna, entry.id) for _ in range(4)), return_exceptions=True)
    assert [each for each in done if each is not None and not isinstance(each, NotFound)] == []
    assert done.count(None) == 1
    assert len(await liftings(doors)) == 1


async def test_staff_sees_both_grounds(doors: Doors, parts: Parts) -> None:
    anna = uuid.uuid4()
    await parts.suppression.add_suppression(Address(EMAIL, ANNA), reason="import")
    given = await doors.consents(doors.as_customer(anna, email=ANNA)).GiveConsent(
        await give_request(parts.database, anna)
    )
    assert given.id
    parts.clock.advance(days=1)
    entry = await parts.suppression.add_suppression(Address(EMAIL, ANNA), reason="objection")
    await lift(doors, anna, entry.id)
    assert await liftings(doors) == [
        ("objection", str(anna), False, "portal-login"),
        ("import", str(anna), True, ""),
    ]


async def test_a_sale_does_not_permit_what_the_list_forbade(doors: Doors, parts: Parts) -> None:
    anna = uuid.uuid4()
    entry = await parts.suppression.add_suppression(Address(EMAIL, ANNA), reason="objection")
    await lift(doors, anna, entry.id)
    async with parts.database.reading() as session:
        ((why, sale),) = await parts.customers.judge(session, [(anna, ANNA)], Advertising("shoes", True))
    assert (why, sale) == ("objected", None)
