"""What pages say of a suppressed address: on the list, in its form, and on the contact's own page."""

from __future__ import annotations

import io
import uuid
from types import SimpleNamespace

import pytest
from flask import Flask
from kontor.contacts.v1.contacts_pb2 import Contact
from kontor.privacy.v1 import privacy_pb2

from kernel.errors import InvalidArgument, ResourceExhausted
from services.gateway import people
from services.gateway.contacts import detail
from services.gateway.suppressions import lists
from services.gateway.suppressions import views as suppressions
from tests.gateway.conftest import LogIn
from tests.gateway.desk import CONTACT, post


def test_a_suppressed_address_is_no_green_may(
    app: Flask, log_in: LogIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    decision = privacy_pb2.Decision(reason="suppressed", suppressed_for="objection")
    permits = SimpleNamespace(Preview=lambda _a: privacy_pb2.AuthorizeResponse(decisions=[decision]))
    monkeypatch.setattr(detail, "clients", lambda: SimpleNamespace(permits=permits))
    monkeypatch.setattr(detail, "may", lambda _rpc: True)
    given = privacy_pb2.Consent(
        topic="newsletter", channel=privacy_pb2.CHANNEL_EMAIL, state=privacy_pb2.CONSENT_STATE_GIVEN
    )
    with app.test_request_context(headers={"Accept-Language": "de"}):
        found = detail.refusals(Contact(id=CONTACT, email="anna@example.org"), [given])
    assert found == {"newsletter": "gesperrt (nach einem Widerspruch)"}


def test_the_list_refuses_at_the_field_and_says_what_was_there(
    log_in: LogIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    def add(asked: privacy_pb2.AddSuppressionRequest) -> privacy_pb2.SuppressionEntry:
        if asked.address.value == "abc":
            raise InvalidArgument("no", reason="ADDRESS_INVALID", violations={"address.value": "no"})
        return privacy_pb2.SuppressionEntry(reason="erasure", listed_before=True)

    looked: list[privacy_pb2.LookUpSuppressionRequest] = []

    def look_up(asked: privacy_pb2.LookUpSuppressionRequest) -> privacy_pb2.SuppressionLookUp:
        looked.append(asked)
        if len(looked) > 1:
            raise ResourceExhausted("no", reason="TOO_MANY_LOOK_UPS")
        return privacy_pb2.SuppressionLookUp(suppressed=True)

    stub = SimpleNamespace(
        AddSuppression=add,
        LookUpSuppression=look_up,
        ListSuppressionLookUps=lambda _asked: privacy_pb2.ListSuppressionLookUpsResponse(
            look_ups=[privacy_pb2.SuppressionLookUp(actor="x", reason="audit", suppressed=True)]
        ),
        ListSuppressions=lambda _asked: privacy_pb2.ListSuppressionsResponse(),
        GetSuppressionCounts=lambda _asked: privacy_pb2.SuppressionCounts(),
    )
    monkeypatch.setattr(suppressions, "clients", lambda: SimpleNamespace(suppressions=stub))
    client, path = log_in("dpo"), "/suppressions/new"
    refused = post(client, path, form_at=path, channel="1", value="abc", reason="objection")
    assert refused.status_code == 400
    assert "Das ist keine vollständige Adresse" in refused.text
    post(client, path, form_at=path, channel="1", value="anna@example.org", reason="objection")
    assert "stand schon auf der Liste" in client.get("/suppressions").text
    path = "/suppressions/check"
    silent = post(client, path, form_at=path, channel="1", value="anna@example.org", reason="")
    assert silent.status_code == 400
    assert looked == []
    asked = {"channel": "1", "value": "anna@example.org", "reason": "person-asks"}
    checked = post(client, path, form_at=path, **asked)
    assert "Ja, diese Adresse steht auf der Liste" in checked.text
    assert "Die Liste selbst prüfen" in checked.text
    # Another look is another question, with an id of its own.
    assert looked[0].request_id not in checked.text
    refused = post(client, path, form_at=path, **asked)
    assert refused.status_code == 400
    assert "sehr viele Adressen" in refused.text


def test_the_list_is_filtered_counted_and_taken_along_without_addresses(
    log_in: LogIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[privacy_pb2.ListSuppressionsRequest] = []

    def listed(request: privacy_pb2.ListSuppressionsRequest) -> privacy_pb2.ListSuppressionsResponse:
        asked.append(request)
        entry = privacy_pb2.SuppressionEntry(reason="bounce", channel=privacy_pb2.CHANNEL_EMAIL)
        return privacy_pb2.ListSuppressionsResponse(entries=[entry], total_size=1)

    counts = privacy_pb2.SuppressionCounts(
        by_reason=[privacy_pb2.SuppressionsOfReason(reason="bounce", count=1)],
        by_key=[
            privacy_pb2.SuppressionsOfKey(key_id="2026-2", count=1, current=True),
            privacy_pb2.SuppressionsOfKey(key_id="2026-1"),
        ],
    )
    stub = SimpleNamespace(ListSuppressions=listed, GetSuppressionCounts=lambda _asked: counts)
    monkeypatch.setattr(suppressions, "clients", lambda: SimpleNamespace(suppressions=stub))
    client = log_in("dpo")
    page = client.get("/suppressions?reason=bounce&channel=1").text
    assert "2026-1" in page
    assert "darf entfernt werden" in page
    client.get("/suppressions?reason=<script>&channel=99")
    file = client.get("/suppressions.csv?reason=bounce")
    assert file.mimetype == "text/csv"
    assert "Adresse funktioniert nicht;E-Mail" in file.text
    assert [(one.reason, one.channel) for one in asked] == [("bounce", 1), ("", 0), ("bounce", 0)]


def test_a_list_that_is_taken_over_is_answered_in_numbers(
    log_in: LogIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    def take(asked: privacy_pb2.ImportSuppressionsRequest) -> privacy_pb2.ImportSuppressionsResponse:
        assert len(asked.addresses) == 3
        return privacy_pb2.ImportSuppressionsResponse(
            outcomes=[
                privacy_pb2.SUPPRESSION_OUTCOME_ADDED,
                privacy_pb2.SUPPRESSION_OUTCOME_LISTED_BEFORE,
                privacy_pb2.SUPPRESSION_OUTCOME_INVALID,
            ]
        )

    stub = SimpleNamespace(suppressions=SimpleNamespace(ImportSuppressions=take))
    monkeypatch.setattr(lists, "clients", lambda: stub)
    client, path = log_in("dpo"), "/suppressions/import"
    rows = b"E-Mail\nanna@example.org\nbernd@example.org\nclara\n"
    page = post(client, path, form_at=path, channel="1", file=(io.BytesIO(rows), "list.csv")).text
    assert "1 hinzugefügt, 1 standen schon auf der Liste, 1 ungültig." in page
    assert "<p>4</p>" in page
    assert "clara" not in page
    empty = post(client, path, form_at=path, channel="1", file=(io.BytesIO(b" \n"), "list.csv"))
    assert empty.status_code == 400
    assert "Die Datei ist leer." in empty.text


def test_what_was_taken_off_names_the_person_and_the_ground(
    log_in: LogIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = privacy_pb2.SuppressionEntry(reason="objection", channel=privacy_pb2.CHANNEL_EMAIL)
    found = privacy_pb2.ListSuppressionLiftingsResponse(
        liftings=[
            privacy_pb2.SuppressionLifting(entry=entry, contact_id=CONTACT, proven_by="portal-login"),
            privacy_pb2.SuppressionLifting(entry=entry, contact_id=str(uuid.uuid4()), consent_id=CONTACT),
        ]
    )
    stub = SimpleNamespace(ListSuppressionLiftings=lambda _asked: found)
    monkeypatch.setattr(suppressions, "clients", lambda: SimpleNamespace(suppressions=stub))
    anna = Contact(id=CONTACT, given_name="Anna", family_name="Meier")
    monkeypatch.setattr(people, "by_id", lambda _ids: {CONTACT: anna})
    page = log_in("manager").get("/suppressions/lifted").text
    assert "Anna Meier" in page
    assert "Wunsch der Person" in page
    assert "Gelöschter Kontakt" in page
