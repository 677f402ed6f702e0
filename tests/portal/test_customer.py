"""Advertising because somebody has bought: said to them as it is, and ended by one click."""

from __future__ import annotations

import re
import uuid
from types import SimpleNamespace
from typing import Any

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from kontor.contacts.v1.contacts_pb2 import Contact
from kontor.privacy.v1 import customers_pb2 as v1
from kontor.privacy.v1.privacy_pb2 import ListConsentsResponse

from kernel.errors import Unavailable
from services.portal.preferences import customer, views
from tests.portal.conftest import LogIn

PATH = "/preferences"
HEADING = "Werbung, weil Sie bei uns gekauft haben"
OBJECT = "Dieser Werbung widersprechen"


class House:
    """What privacy holds about the visitor, and what it was told."""

    def __init__(self) -> None:
        self.answer: v1.CustomerStanding | Exception = v1.CustomerStanding()
        self.asked: list[tuple[str, str]] = []
        self.told: list[v1.ObjectToAdvertisingRequest] = []

    def standing(self, contact: Contact) -> v1.CustomerStanding:
        self.asked.append((contact.id, contact.email))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def ObjectToAdvertising(self, request: v1.ObjectToAdvertisingRequest) -> None:
        self.told.append(request)


@pytest.fixture
def house(monkeypatch: pytest.MonkeyPatch) -> House:
    made = House()
    stubs = SimpleNamespace(
        customers=made,
        customer_standing=made.standing,
        consents=SimpleNamespace(ListConsents=lambda _asked: ListConsentsResponse()),
    )
    contact = Contact(id="p", email="zoe@example.org")
    for module in (views, customer):
        monkeypatch.setattr(module, "clients", lambda: stubs)
        monkeypatch.setattr(module, "own_contact", lambda: contact)
    monkeypatch.setattr(views, "consent_texts", list)
    return made


def bought(reason: str) -> v1.SaleStanding:
    sale = v1.Sale(category="atemschutz", reference="RE-17", sale_date="2026-05-03", end_date="2028-05-03")
    return v1.SaleStanding(sale=sale, reason=reason)


def page(log_in: LogIn) -> str:
    return log_in("customer").get(PATH, headers={"Accept-Language": "de"}).text


def test_what_may_come_is_said_with_why_since_when_and_until_when(log_in: LogIn, house: House) -> None:
    house.answer = v1.CustomerStanding(sales=[bought("existing-customer")])
    said = page(log_in)
    for words in (HEADING, "atemschutz", "RE-17", "3. Mai 2026", "3. Mai 2028", "§ 7 Abs. 3 UWG", OBJECT):
        assert words in said
    assert house.asked == [("p", "zoe@example.org")]


@pytest.mark.parametrize("reason", ["no-notice", "no-sale", "suppressed", "restricted", "objected", "ended"])
def test_what_is_not_sent_is_not_said_to_come(log_in: LogIn, house: House, reason: str) -> None:
    house.answer = v1.CustomerStanding(sales=[bought(reason)])
    said = page(log_in)
    assert "RE-17" not in said
    assert "deswegen aber keine Werbung" in said
    assert OBJECT in said


def test_who_never_bought_reads_nothing_of_it(log_in: LogIn, house: House) -> None:
    assert HEADING not in page(log_in)


def test_who_has_objected_reads_that_and_since_when(log_in: LogIn, house: House) -> None:
    house.answer = v1.CustomerStanding(
        sales=[bought("objected")], object_time=Timestamp(seconds=1_790_000_000), object_method="portal"
    )
    said = page(log_in)
    assert "Sie haben widersprochen" in said
    assert OBJECT not in said


def test_silence_is_no_no(log_in: LogIn, house: House) -> None:
    house.answer = Unavailable("down")
    assert "gerade nicht sagen" in page(log_in)


def test_one_click_objects_for_the_visitor_and_nobody_else(log_in: LogIn, house: House) -> None:
    house.answer = v1.CustomerStanding(sales=[bought("existing-customer")])
    client = log_in("customer")
    form: Any = re.search(r'name="csrf_token" value="([^"]+)"', client.get(PATH).text)
    sent = {"csrf_token": form[1], "request_id": str(uuid.uuid4()), "contact_id": "somebody-else"}
    assert client.post(f"{PATH}/objection", data=sent).status_code == 303
    (told,) = house.told
    assert (told.contact_id, told.method) == ("p", "portal")
    assert client.post(f"{PATH}/objection", data={"request_id": str(uuid.uuid4())}).status_code == 419
