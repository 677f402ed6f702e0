"""What "Your rights" says of each kind of data: from where, since when, who receives it, and what can be done."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from google.protobuf.timestamp_pb2 import Timestamp
from kontor.contacts.v1.contacts_pb2 import Contact
from kontor.options.v1 import options_pb2
from kontor.privacy.v1 import holder_pb2, privacy_pb2

from kernel.errors import Unavailable
from services.portal.clients import Held
from services.portal.rights import views
from services.portal.rights.actions import CORRECT, ERASE, OBJECT, RESTRICT, TAKE_ALONG, WITHDRAW
from services.portal.rights.held import datasets, parts
from services.portal.rights.values import words
from tests.portal.conftest import LogIn

RELAY = privacy_pb2.Disclosure(name="Relay Inc.", country="US", third_country=True, holders=["campaigns"])
CENTRE = privacy_pb2.Disclosure(name="Rechenzentrum Spree GmbH", country="DE")


def record(**values: Any) -> holder_pb2.Record:
    value: dict[str, Any] = {
        "column": "city",
        "value": "Ulm",
        "category": options_pb2.CATEGORY_CONTACT_POINT,
        "purpose": options_pb2.PURPOSE_SERVICE,
        "basis": holder_pb2.BASIS_CONTRACT,
    }
    frame: dict[str, Any] = {"dataset": "contact", "record_id": "1", "retention": "with the contact"}
    frame |= {key: values.pop(key) for key in ("dataset", "source", "since") if key in values}
    return holder_pb2.Record(**frame, values=[holder_pb2.Value(**{**value, **values})])


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"provided": True}, [CORRECT, RESTRICT, TAKE_ALONG, ERASE]),
        ({"basis": holder_pb2.BASIS_CONSENT}, [CORRECT, WITHDRAW, RESTRICT, ERASE]),
        (
            {"basis": holder_pb2.BASIS_LEGITIMATE_INTEREST, "provided": True},
            [CORRECT, OBJECT, RESTRICT, ERASE],
        ),
        ({"basis": holder_pb2.BASIS_LEGAL_OBLIGATION}, [RESTRICT]),
        (
            {
                "dataset": "consent_record",
                "basis": holder_pb2.BASIS_LEGAL_OBLIGATION,
                "category": options_pb2.CATEGORY_PREFERENCE,
            },
            [WITHDRAW, RESTRICT],
        ),
        ({"dataset": "audit_entry", "basis": holder_pb2.BASIS_LEGAL_OBLIGATION}, [RESTRICT]),
    ],
)
def test_each_kind_of_data_has_the_actions_that_the_law_gives_for_it(
    app: Flask, values: dict[str, Any], expected: list[Any]
) -> None:
    with app.test_request_context(headers={"Accept-Language": "de"}):
        (found,) = datasets([record(**values)], own_subject="me")
        assert found.actions == expected


def test_from_where_and_since_when_speak_of_all_records(app: Flask) -> None:
    records = [
        record(source="import:7", since=Timestamp(seconds=200)),
        record(source="https://www.example/form", since=Timestamp(seconds=100)),
        record(),
    ]
    with app.test_request_context(headers={"Accept-Language": "de"}):
        (found,) = datasets(records, own_subject="me")
        (bare,) = datasets([record()], own_subject="me")
        assert found.first.seconds == 100
        assert len(found.origin.split(", ")) >= 2
        assert bare.origin.startswith("von Ihnen")
        assert bare.first is None


def test_recipients_are_named_where_their_data_comes_from_and_a_third_country_is_said(app: Flask) -> None:
    held: list[Held[Any]] = [Held("contacts", []), Held("campaigns", [])]
    with app.test_request_context(headers={"Accept-Language": "de"}):
        contacts, campaigns = parts(held, [CENTRE, RELAY])
        assert contacts.recipients == ["Rechenzentrum Spree GmbH"]
        assert campaigns.recipients == ["Rechenzentrum Spree GmbH", "Relay Inc. (Vereinigte Staaten)"]
        assert [part.recipients for part in parts(held, None)] == [None, None]


@pytest.mark.parametrize(
    ("disclosures", "said"),
    [
        ([CENTRE], "Rechenzentrum Spree GmbH"),
        ([], "niemand außerhalb unseres Unternehmens"),
        (None, "lässt sich gerade nicht sagen"),
    ],
)
def test_the_page_says_everything_of_a_kind_and_leads_on(
    log_in: LogIn, monkeypatch: pytest.MonkeyPatch, disclosures: Any, said: str
) -> None:
    def told(_asked: Any) -> Any:
        if disclosures is None:
            raise Unavailable("down")
        return privacy_pb2.ListDisclosuresResponse(disclosures=disclosures)

    found = [record(provided=True, source="staff", since=Timestamp(seconds=1_700_000_000))]
    stubs = SimpleNamespace(
        collect=lambda _contact, read: [Held("contacts", read(found))],
        requests=SimpleNamespace(
            ListRequests=lambda _asked: privacy_pb2.ListRequestsResponse(), ListDisclosures=told
        ),
    )
    monkeypatch.setattr(views, "clients", lambda: stubs)
    monkeypatch.setattr(views, "own_contact", lambda: Contact(id="p"))
    page = log_in("customer").get("/rights", headers={"Accept-Language": "de"}).text
    for term in (
        "Wozu",
        "Auf welcher Grundlage",
        "Woher",
        "Seit",
        "Wird aufbewahrt bis",
        "Wer es erhält",
        said,
    ):
        assert term in page
    assert "14. November 2023" in page
    for path in ("/rights/correction", "/rights/restriction", "/rights#take-along", "/rights/erasure"):
        assert f'class="btn btn-sm" href="{path}"' in page


def test_codes_of_countries_and_languages_are_words_and_unknown_ones_stay(app: Flask) -> None:
    with app.test_request_context(headers={"Accept-Language": "de"}):
        said = [
            words("contact", column, value, own_subject="me")
            for column, value in (("country", "DE"), ("language", "de"), ("country", "ZZZ"), ("country", ""))
        ]
    assert said == ["Deutschland", "Deutsch", "ZZZ", ""]
