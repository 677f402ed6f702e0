"""Restriction and hold of a contact on canned answers: what the page offers, and what it asks for."""

from __future__ import annotations

import re
import uuid
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from flask.testing import FlaskClient
from kontor.contacts.v1.contacts_pb2 import Contact
from kontor.options.v1.options_pb2 import RESTRICTION_GROUND_ACCURACY
from kontor.privacy.v1 import restrictions_pb2, retention_pb2

from kernel.errors import FailedPrecondition, InvalidArgument
from services.gateway.locks import views
from tests.gateway.conftest import LogIn

CONTACT, LOCK = str(uuid.uuid4()), str(uuid.uuid4())
PATH = f"/contacts/{CONTACT}/locks"
TOMORROW = (datetime.now(UTC) + timedelta(days=2)).date().isoformat()


class House:
    """Answers with what it holds; keeps what it was asked to do, or refuses it."""

    def __init__(self) -> None:
        self.hold: list[retention_pb2.Hold] = []
        self.restriction: list[restrictions_pb2.SubjectRestriction] = []
        self.told: list[Any] = []
        self.refusal: Exception | None = None

    def ListHolds(self, _asked: Any) -> retention_pb2.ListHoldsResponse:
        return retention_pb2.ListHoldsResponse(holds=self.hold)

    def ListRestrictions(self, _asked: Any) -> restrictions_pb2.ListRestrictionsResponse:
        return restrictions_pb2.ListRestrictionsResponse(restrictions=self.restriction)

    def GetContact(self, _asked: Any) -> Contact:
        return Contact(id=CONTACT, given_name="Zoë", family_name="Groß")

    def act(self, wanted: Any) -> None:
        if self.refusal is not None:
            raise self.refusal
        self.told.append(wanted)

    PlaceHold = ReleaseHold = AnnounceLifting = LiftRestriction = act


@pytest.fixture
def house(monkeypatch: pytest.MonkeyPatch) -> House:
    made = House()
    stubs = SimpleNamespace(holds=made, restrictions=made, contacts=made)
    monkeypatch.setattr(views, "clients", lambda: stubs)
    return made


def restricted(state: int) -> restrictions_pb2.SubjectRestriction:
    return restrictions_pb2.SubjectRestriction(
        id=LOCK,
        contact_id=CONTACT,
        ground=RESTRICTION_GROUND_ACCURACY,
        state=state,  # type: ignore[arg-type]
        lift_date="2026-12-24" if state == restrictions_pb2.RESTRICTION_STATE_ANNOUNCED else "",
        lift_reason="verified" if state == restrictions_pb2.RESTRICTION_STATE_ANNOUNCED else "",
    )


def submit(client: FlaskClient, path: str, **data: str) -> Any:
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get(PATH).text)
    assert token is not None
    return client.post(path, data={"csrf_token": token[1], "request_id": str(uuid.uuid4()), **data})


def test_a_hold_needs_a_reason_and_a_day(log_in: LogIn, house: House) -> None:
    client = log_in("dpo")
    assert submit(client, f"{PATH}/hold", reason="authority").status_code == 400
    assert submit(client, f"{PATH}/hold", reason="because", review_date=TOMORROW).status_code == 400
    assert submit(client, f"{PATH}/hold", reason="authority", review_date=TOMORROW).status_code == 303
    assert [(it.contact_id, it.reason, it.review_date) for it in house.told] == [
        (CONTACT, "authority", TOMORROW)
    ]
    house.refusal = InvalidArgument(
        "no", violations={"review_date": "must be a day within the next two years"}
    )
    answer = submit(client, f"{PATH}/hold", reason="authority", review_date="2099-01-01")
    assert answer.status_code == 400
    assert "innerhalb der nächsten zwei Jahre" in answer.text


def test_a_hold_in_force_is_shown_and_can_only_be_released(log_in: LogIn, house: House) -> None:
    house.hold = [
        retention_pb2.Hold(id=LOCK, contact_id=CONTACT, reason="tax-audit", review_date="2027-01-31")
    ]
    client = log_in("dpo")
    page = client.get(PATH).text
    assert "31. Januar 2027" in page
    assert "Aufbewahrung anordnen" not in page
    assert submit(client, f"{PATH}/hold/{LOCK}/release").status_code == 303
    assert [it.id for it in house.told] == [LOCK]


def test_a_restriction_is_announced_before_it_can_be_lifted(log_in: LogIn, house: House) -> None:
    house.restriction = [restricted(restrictions_pb2.RESTRICTION_STATE_IN_FORCE)]
    client, one = log_in("dpo"), f"{PATH}/restrictions/{LOCK}"
    page = client.get(PATH).text
    assert f"{one}/announce" in page
    assert f"{one}/lift" not in page
    assert submit(client, f"{one}/announce", reason="verified", lift_date=TOMORROW).status_code == 303
    assert [(it.id, it.reason, it.lift_date) for it in house.told] == [(LOCK, "verified", TOMORROW)]
    house.restriction = [restricted(restrictions_pb2.RESTRICTION_STATE_ANNOUNCED)]
    page = client.get(PATH).text
    assert f"{one}/lift" in page
    assert "endet am 24. Dezember 2026: die Daten wurden geprüft und sind richtig" in page


def test_what_the_service_refuses_is_said_and_nothing_is_lost(log_in: LogIn, house: House) -> None:
    house.restriction = [restricted(restrictions_pb2.RESTRICTION_STATE_ANNOUNCED)]
    client, one = log_in("dpo"), f"{PATH}/restrictions/{LOCK}"
    house.refusal = InvalidArgument("no", violations={"lift_date": "must be after today"})
    answer = submit(client, f"{one}/announce", reason="verified", lift_date=date(2020, 1, 1).isoformat())
    assert answer.status_code == 400
    assert "einen Tag nach heute" in answer.text
    house.refusal = FailedPrecondition("no", reason="TOO_EARLY")
    assert submit(client, f"{one}/lift").status_code == 303
    assert "noch nicht aufgehoben" in client.get(PATH).text


def test_the_management_sees_it_and_changes_nothing(log_in: LogIn, house: House) -> None:
    house.restriction = [restricted(restrictions_pb2.RESTRICTION_STATE_ANNOUNCED)]
    client = log_in("manager")
    page = client.get(PATH).text
    assert "in Kraft, Ende angekündigt" in page
    assert "/lift" not in page
    assert "/announce" not in page
    assert "Aufbewahrung anordnen" not in page
    assert client.post(f"{PATH}/hold").status_code in (403, 419)
    assert log_in("agent").get(PATH).status_code == 403
