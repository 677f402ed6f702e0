"""Existing customers (§ 7(3) UWG): all four conditions or no message, and every stronger no first."""

import asyncio
import uuid
from typing import Any

import pytest
from kontor.privacy.v1 import customers_pb2, holder_pb2, privacy_pb2
from sqlalchemy import text

from kernel.errors import FailedPrecondition, InvalidArgument, NotFound, PermissionDenied
from services.privacy.consent.model import State
from services.privacy.customers.model import (
    Advertising,
    lapse,
)
from services.privacy.requests.model import Kind, Scope, Wish
from services.privacy.suppression.model import Address, Hasher
from tests.fixtures.realm import Realm
from tests.privacy.conftest import Doors
from tests.privacy.giving import EMAIL, give_request, withdraw_request
from tests.privacy.holders import add_person
from tests.privacy.machine import Machine
from tests.privacy.parts import Parts, pepper
from tests.privacy.pdftext import text_of
from tests.privacy.selling import ADDRESS, asked, decided, notice, shop, told_of


@pytest.fixture
async def customer(doors: Doors, realm: Realm, parts: Parts) -> uuid.UUID:
    """Somebody who has bought and was told."""
    contact = uuid.uuid4()
    request = told_of(parts, contact, notice_id=await notice(doors, realm))
    await doors.customers(shop(realm)).RecordSale(request)
    return contact


async def test_a_customer_without_a_consent_is_written_to_and_the_permit_names_the_sale(
    doors: Doors, realm: Realm, customer: uuid.UUID
) -> None:
    found = await decided(doors, customer)
    assert (found.permitted, found.reason, found.consent_id) == (True, "existing-customer", "")
    standing = await doors.customers(realm.token("agent")).GetCustomerStanding(
        customers_pb2.GetCustomerStandingRequest(contact_id=str(customer), address=ADDRESS)
    )
    assert [(each.sale.id, each.reason) for each in standing.sales] == [(found.sale_id, "existing-customer")]
    assert standing.sales[0].notice.text.startswith("Sie können")
    kept = await doors.permits(realm.token("dpo")).GetDecision(
        privacy_pb2.GetDecisionRequest(decision_id=found.id)
    )
    assert kept.sale_id == found.sale_id


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"basis": holder_pb2.BASIS_CONSENT}, "no-consent"),
        ({"basis": holder_pb2.BASIS_UNSPECIFIED}, "no-consent"),
        ({"category": "helmets"}, "not-similar"),
        ({"carries_notice": False}, "no-notice"),
        ({"address": "other@example.org"}, "no-sale"),
        ({"address": ""}, "no-address"),
        ({"address": "Kunde@Example.ORG"}, "existing-customer"),
        ({"channel": privacy_pb2.CHANNEL_PHONE}, "no-consent"),
        ({"channel": privacy_pb2.CHANNEL_SMS}, "no-consent"),
        ({"channel": privacy_pb2.CHANNEL_LETTER}, "no-consent"),
        ({"channel": privacy_pb2.CHANNEL_PORTAL}, "no-consent"),
    ],
)
async def test_the_exception_is_for_mails_to_the_address_of_the_sale_about_the_same(
    doors: Doors, customer: uuid.UUID, changes: dict[str, Any], reason: str
) -> None:
    assert (await decided(doors, customer, **changes)).reason == reason


async def test_every_stronger_no_is_heard_first(doors: Doors, parts: Parts, customer: uuid.UUID) -> None:
    await doors.consents(doors.as_service()).GiveConsent(await give_request(parts.database, customer))
    given = await decided(doors, customer)
    assert (given.reason, given.sale_id) == ("consent", "")
    await doors.consents(doors.as_service()).WithdrawConsent(withdraw_request(customer))
    assert (await decided(doors, customer)).reason == "withdrawn"
    await parts.suppression.add_suppression(Address(EMAIL, ADDRESS), reason="bounce")
    assert (await decided(doors, customer)).reason == "suppressed"
    parts.restricted.add(customer)
    assert (await decided(doors, customer)).reason == "restricted"


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        (State.REQUESTED, "existing-customer"),
        (State.REFUSED, "objected"),
        (State.WITHDRAWN, "objected"),
        (State.GIVEN, "existing-customer"),
    ],
)
async def test_a_no_to_one_topic_of_mails_is_a_no_to_mails_without_consent(
    doors: Doors, parts: Parts, customer: uuid.UUID, state: State, reason: str
) -> None:
    async with parts.database.transaction() as session:
        await session.execute(
            _RECORD, {"id": uuid.uuid4(), "leaf": 0, "contact": customer, "state": int(state)}
        )
    assert (await decided(doors, customer, topic="newsletter")).reason == reason


async def test_an_objection_is_one_call_and_holds_for_later_sales(
    doors: Doors, realm: Realm, parts: Parts, customer: uuid.UUID
) -> None:
    own = doors.customers(doors.as_customer(customer))
    for _ in range(2):
        request = customers_pb2.ObjectToAdvertisingRequest(
            request_id=str(uuid.uuid4()), contact_id=str(customer), method="portal"
        )
        answer = await own.ObjectToAdvertising(request)
        assert answer.object_method == "portal"
        parts.clock.advance(days=1)
    assert (await decided(doors, customer)).reason == "objected"
    later = told_of(parts, customer, reference="RE-2", notice_id=await notice(doors, realm))
    await doors.customers(shop(realm)).RecordSale(later)
    assert (await decided(doors, customer)).reason == "objected"


async def test_nobody_objects_for_somebody_else_and_customers_record_no_sales(
    doors: Doors, parts: Parts, customer: uuid.UUID
) -> None:
    stranger = doors.customers(doors.as_customer(uuid.uuid4()))
    with pytest.raises((PermissionDenied, NotFound)):
        await stranger.ObjectToAdvertising(
            customers_pb2.ObjectToAdvertisingRequest(
                request_id=str(uuid.uuid4()), contact_id=str(customer), method="portal"
            )
        )
    with pytest.raises(PermissionDenied):
        await doors.customers(doors.as_customer(customer)).RecordSale(told_of(parts, customer))
    assert (await decided(doors, customer)).permitted


async def test_who_advertises_records_no_sales(doors: Doors, realm: Realm, parts: Parts) -> None:
    with pytest.raises(PermissionDenied):
        await doors.customers(realm.token("marketer")).RecordSale(told_of(parts, uuid.uuid4()))
    with pytest.raises(PermissionDenied):
        await doors.customers(realm.token("agent")).AddObjectionNotice(
            customers_pb2.AddObjectionNoticeRequest(
                request_id=str(uuid.uuid4()), language="de", text="…", in_use_since="2026-01-01"
            )
        )


async def test_a_sale_told_again_counts_once_and_one_that_was_cancelled_does_not_come_back(
    doors: Doors, realm: Realm, parts: Parts
) -> None:
    contact, shown = uuid.uuid4(), await notice(doors, realm)
    customers = doors.customers(shop(realm))
    first = await customers.RecordSale(told_of(parts, contact, notice_id=shown))
    again = await customers.RecordSale(told_of(parts, contact, notice_id=shown))
    assert again == first
    ended = await customers.EndSale(end(contact, first.id, "cancelled"))
    assert ended.end_reason == "cancelled"
    assert (await decided(doors, contact)).reason == "no-sale"
    with pytest.raises(NotFound):
        await customers.EndSale(end(contact, first.id, "mistake"))
    assert (await customers.RecordSale(told_of(parts, contact, notice_id=shown))).end_reason == "cancelled"
    assert (await decided(doors, contact)).reason == "no-sale"


async def test_what_was_recorded_by_mistake_can_be_recorded_right(
    doors: Doors, realm: Realm, parts: Parts
) -> None:
    contact, customers = uuid.uuid4(), doors.customers(realm.token("agent"))
    wrong = await customers.RecordSale(told_of(parts, contact))
    assert (await decided(doors, contact)).reason == "no-notice"
    await customers.EndSale(end(contact, wrong.id, "mistake"))
    shown = await notice(doors, realm)
    await customers.RecordSale(told_of(parts, contact, notice_id=shown))
    assert (await decided(doors, contact)).permitted


def end(contact: uuid.UUID, sale_id: str, reason: str) -> customers_pb2.EndSaleRequest:
    return customers_pb2.EndSaleRequest(
        request_id=str(uuid.uuid4()), contact_id=str(contact), sale_id=sale_id, reason=reason
    )


async def test_somebody_elses_sale_cannot_be_ended(doors: Doors, realm: Realm, customer: uuid.UUID) -> None:
    sale_id = (await decided(doors, customer)).sale_id
    with pytest.raises(NotFound):
        await doors.customers(realm.token("agent")).EndSale(end(uuid.uuid4(), sale_id, "mistake"))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"address": "not an address"}, "address.value"),
        ({"category": "Atemschutz Masken"}, "category"),
        ({"category": "a--b"}, "category"),
        ({"reference": "von erika@example.org"}, "reference"),
        ({"reference": "Erika Muster"}, "reference"),
        ({"sale_date": "2999-01-01"}, "sale_date"),
        ({"sale_date": "gestern"}, "sale_date"),
        ({"collect_date": "2999-01-01"}, "collect_date"),
    ],
)
async def test_what_could_not_be_proven_is_not_recorded(
    doors: Doors, realm: Realm, parts: Parts, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidArgument) as refused:
        await doors.customers(realm.token("agent")).RecordSale(told_of(parts, uuid.uuid4(), **changes))
    assert field in refused.value.violations


async def test_nobody_was_told_by_a_notice_that_came_later_or_that_is_none(
    doors: Doors, realm: Realm, parts: Parts
) -> None:
    today = parts.clock.now().date().isoformat()
    customers = doors.customers(realm.token("agent"))
    late = await notice(doors, realm, in_use_since=today)
    with pytest.raises(InvalidArgument) as refused:
        await customers.RecordSale(told_of(parts, uuid.uuid4(), notice_id=late))
    assert "notice_id" in refused.value.violations
    with pytest.raises(NotFound):
        await customers.RecordSale(told_of(parts, uuid.uuid4(), notice_id=str(uuid.uuid4())))


async def test_a_sale_lapses_by_itself(doors: Doors, realm: Realm, parts: Parts) -> None:
    contact, shown = uuid.uuid4(), await notice(doors, realm)
    sold = parts.clock.now().date()
    request = told_of(parts, contact, notice_id=shown, sale_date=sold.isoformat())
    await doors.customers(shop(realm)).RecordSale(request)
    assert [c.category for c in (await sold_categories(doors, realm))] == ["respirators"]
    parts.clock.advance(days=(lapse(sold) - sold).days - 1)
    # The tokens are as old as the clock.
    assert (await parts_say(parts, contact)) == "existing-customer"
    parts.clock.advance(days=1)
    assert (await parts_say(parts, contact)) == "no-sale"


async def parts_say(parts: Parts, contact: uuid.UUID) -> str:
    async with parts.database.reading() as session:
        asked_for = Advertising("respirators", carries_notice=True)
        ((reason, _),) = await parts.customers.judge(session, [(contact, ADDRESS)], asked_for)
    return reason


async def sold_categories(doors: Doors, realm: Realm) -> list[customers_pb2.SoldCategory]:
    answer = await doors.customers(realm.token("marketer")).ListSoldCategories(
        customers_pb2.ListSoldCategoriesRequest()
    )
    return list(answer.categories)


async def test_an_address_is_recognised_under_a_former_key_and_not_under_a_lost_one(
    doors: Doors, parts: Parts, customer: uuid.UUID
) -> None:
    parts.customers._hasher = Hasher({"k2": pepper("two"), "k3": pepper("three")}, current="k3")
    assert await parts_say(parts, customer) == "existing-customer"
    parts.customers._hasher = Hasher({"k3": pepper("three")}, current="k3")
    assert await parts_say(parts, customer) == "no-sale"


@pytest.mark.parametrize("topic", ["login-invitation", "data-subject-request"])
async def test_what_is_no_advertising_cannot_rest_on_it(
    doors: Doors, customer: uuid.UUID, topic: str
) -> None:
    with pytest.raises(InvalidArgument) as refused:
        await decided(doors, customer, topic=topic)
    assert refused.value.reason == "BASIS_NOT_OPEN"


@pytest.mark.parametrize("category", ["", "Alles Mögliche", "a" * 41])
async def test_advertising_says_what_for(doors: Doors, customer: uuid.UUID, category: str) -> None:
    with pytest.raises(InvalidArgument):
        await decided(doors, customer, category=category)


async def test_a_batch_mixes_consents_customers_and_strangers(
    doors: Doors, parts: Parts, customer: uuid.UUID
) -> None:
    consented, stranger = uuid.uuid4(), uuid.uuid4()
    await doors.consents(doors.as_service()).GiveConsent(await give_request(parts.database, consented))
    request = asked(customer)
    for contact in (consented, stranger):
        request.candidates.add(contact_id=str(contact), address=f"{contact}@example.org")
    answer = await doors.permits(doors.as_service()).Authorize(request)
    assert [each.reason for each in answer.decisions] == ["existing-customer", "consent", "no-sale"]
    async with parts.database.reading() as session:
        rows = await session.execute(text("SELECT contact_id, reason, sale_id FROM permit_decision"))
        kept = {row.contact_id: (row.reason, row.sale_id) for row in rows}
    assert kept[customer][1] is not None
    assert {kept[consented][1], kept[stranger][1]} == {None}


async def test_an_objection_that_committed_before_the_permit_was_asked_stops_the_message(
    doors: Doors, realm: Realm, parts: Parts
) -> None:
    """Many customers object while batches over all of them are decided: whoever had an answer is out."""
    shown = await notice(doors, realm)
    contacts = [uuid.uuid4() for _ in range(24)]
    customers = doors.customers(shop(realm))
    for contact in contacts:
        await customers.RecordSale(told_of(parts, contact, notice_id=shown, address=f"{contact}@example.org"))
    answered: set[uuid.UUID] = set()

    async def object_to_it(contact: uuid.UUID) -> None:
        await customers.ObjectToAdvertising(
            customers_pb2.ObjectToAdvertisingRequest(
                request_id=str(uuid.uuid4()), contact_id=str(contact), method="integration"
            )
        )
        answered.add(contact)

    async def send() -> None:
        before = frozenset(answered)
        request = asked(contacts[0], address=f"{contacts[0]}@example.org")
        for contact in contacts[1:]:
            request.candidates.add(contact_id=str(contact), address=f"{contact}@example.org")
        answer = await doors.permits(doors.as_service()).Authorize(request)
        permitted = {uuid.UUID(d.contact_id) for d in answer.decisions if d.permitted}
        assert not permitted & before
        assert {d.reason for d in answer.decisions} <= {"existing-customer", "objected"}

    for contact in contacts:
        await asyncio.gather(object_to_it(contact), send(), send())
    await send()


async def test_an_objection_to_advertising_as_a_request_ends_it_in_the_same_transaction(
    machine: Machine, doors: Doors, customer: uuid.UUID
) -> None:
    await machine.create_as_staff(customer, Kind.OBJECTION, Wish(objection=Scope.MARKETING))
    # Before any machine has run: no consent to withdraw, no address on the list yet.
    assert (await decided(doors, customer)).reason == "objected"


async def test_a_copy_shows_it_an_erasure_keeps_the_proof_and_nothing_is_recorded_after_it(
    machine: Machine, doors: Doors, realm: Realm, parts: Parts
) -> None:
    erika = await add_person(machine.contacts, email=ADDRESS)
    shown, agent = await notice(doors, realm), doors.customers(realm.token("agent"))
    objecting = customers_pb2.ObjectToAdvertisingRequest(
        request_id=str(uuid.uuid4()), contact_id=str(erika), method="staff"
    )
    await agent.RecordSale(told_of(parts, erika, notice_id=shown))
    await agent.ObjectToAdvertising(objecting)
    copy = (await machine.create(erika, Kind.ACCESS)).request.id
    await machine.jobs().work()
    pages = text_of(await machine.document(copy, erika, 2))
    for said in ("RE-2026/17", "respirators", "Widerspruch gegen Werbung für Ähnliches"):
        assert said in pages
    await machine.confirmed(erika)
    await machine.jobs().work()
    async with parts.database.reading() as session:
        kept = (await session.execute(text("SELECT reference, address_hash FROM customer_sale"))).all()
        left = (await session.execute(text("SELECT count(*) FROM customer_objection"))).scalar_one()
    assert [tuple(row) for row in kept] == [("RE-2026/17", None)]
    assert left == 0
    objecting.request_id = str(uuid.uuid4())
    recording = told_of(parts, erika, reference="RE-3", notice_id=shown)
    for call in (lambda: agent.RecordSale(recording), lambda: agent.ObjectToAdvertising(objecting)):
        with pytest.raises(FailedPrecondition) as refused:
            await call()
        assert refused.value.reason == "ERASED"


_RECORD = text(
    "INSERT INTO consent_record (id, leaf_index, leaf_hash, contact_id, topic, channel, state, recorded_at, "
    "form_url, language, mail_sha256, token_sha256, method) "
    "VALUES (:id, :leaf, '', :contact, 'events', 1, :state, now(), '', 'de', '', '', 'test')"
)
