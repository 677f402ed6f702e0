"""Correct, lock, object, withdraw: what the pages ask the service for, on canned answers."""

from __future__ import annotations

import re
import uuid
from types import SimpleNamespace
from typing import Any

import pytest
from flask.testing import FlaskClient
from kontor.contacts.v1.contacts_pb2 import Contact
from kontor.options.v1.options_pb2 import RESTRICTION_GROUND_UNLAWFUL
from kontor.privacy.v1 import holder_pb2, privacy_pb2

from services.portal.rights import asking, views
from tests.portal.conftest import LogIn

OWN = Contact(id=str(uuid.uuid4()), given_name="Zoë", family_name="Groß", city="Ulm", phone="+493012345")
REQUEST = "018f0000-0000-7000-8000-000000000001"


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[privacy_pb2.CreateRequestRequest]:
    """What the portal has asked the service for."""
    found: list[privacy_pb2.CreateRequestRequest] = []

    def create(wanted: privacy_pb2.CreateRequestRequest) -> privacy_pb2.Request:
        found.append(wanted)
        return privacy_pb2.Request(id=REQUEST)

    stubs = SimpleNamespace(requests=SimpleNamespace(CreateRequest=create))
    monkeypatch.setattr(views, "clients", lambda: stubs)
    for module in (views, asking):
        monkeypatch.setattr(module, "own_contact", lambda: OWN)
    return found


def submit(client: FlaskClient, path: str, **data: str) -> Any:
    """As the form of the page does: with everything that stands in its fields, and what is changed."""
    page = client.get(path).text
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert token is not None
    names = ("given_name", "family_name", "city", "phone")
    stands = {name: getattr(OWN, name) for name in names} if path.endswith("correction") else {}
    return client.post(path, data={"csrf_token": token[1], "request_id": str(uuid.uuid4()), **stands, **data})


def test_a_correction_names_what_was_changed_and_nothing_else(log_in: LogIn, asked: list[Any]) -> None:
    answer = submit(
        log_in("customer"), "/rights/correction", city=" Köln ", phone="", other="Mein Titel:\nDr."
    )
    assert (answer.status_code, answer.location) == (303, f"/rights/requests/{REQUEST}")
    (wanted,) = asked
    assert wanted.kind == holder_pb2.REQUEST_KIND_RECTIFICATION
    assert [(c.field, c.before, c.after) for c in wanted.corrections] == [
        ("phone", "+493012345", ""),
        ("city", "Ulm", "Köln"),
        ("other", "", "Mein Titel:\nDr."),
    ]


def test_a_form_in_which_nothing_is_different_asks_for_nothing(log_in: LogIn, asked: list[Any]) -> None:
    answer = submit(log_in("customer"), "/rights/correction")
    assert (answer.status_code, asked) == (400, [])
    assert "Nichts weicht von dem ab" in answer.text
    assert 'value="Groß"' in answer.text


def test_locking_needs_a_ground_and_passes_it_on(log_in: LogIn, asked: list[Any]) -> None:
    client = log_in("customer")
    assert submit(client, "/rights/restriction").status_code == 400
    assert submit(client, "/rights/restriction", ground="99").status_code == 400
    assert submit(client, "/rights/restriction", ground=str(RESTRICTION_GROUND_UNLAWFUL)).status_code == 303
    assert [(it.kind, it.ground) for it in asked] == [
        (holder_pb2.REQUEST_KIND_RESTRICTION, RESTRICTION_GROUND_UNLAWFUL)
    ]


def test_an_objection_says_to_what(log_in: LogIn, asked: list[Any]) -> None:
    client = log_in("customer")
    assert submit(client, "/rights/objection").status_code == 400
    for scope in (privacy_pb2.OBJECTION_SCOPE_MARKETING, privacy_pb2.OBJECTION_SCOPE_PROCESSING):
        assert submit(client, "/rights/objection", scope=str(scope)).status_code == 303
    assert [it.objection for it in asked] == [1, 2]


def test_all_consents_are_withdrawn_with_one_click(log_in: LogIn, asked: list[Any]) -> None:
    client = log_in("customer")
    page = client.get("/rights/objection").text
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert token is not None
    data = {"csrf_token": token[1], "request_id": str(uuid.uuid4())}
    assert client.post("/rights/withdrawal", data=data).status_code == 303
    assert [(it.kind, list(it.topics)) for it in asked] == [(holder_pb2.REQUEST_KIND_WITHDRAWAL, [])]
    # Somebody else's page cannot do it.
    assert client.post("/rights/withdrawal").status_code == 419
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"kind": holder_pb2.REQUEST_KIND_WITHDRAWAL}, "Ihre Einwilligungen sind widerrufen"),
        ({"kind": holder_pb2.REQUEST_KIND_RESTRICTION}, "Ihre Daten sind gesperrt"),
        ({"kind": holder_pb2.REQUEST_KIND_RECTIFICATION}, "Es ist berichtigt"),
        (
            {
                "kind": holder_pb2.REQUEST_KIND_OBJECTION,
                "objection": privacy_pb2.OBJECTION_SCOPE_MARKETING,
            },
            "Wir werben nicht mehr bei Ihnen",
        ),
        (
            {
                "kind": holder_pb2.REQUEST_KIND_OBJECTION,
                "objection": privacy_pb2.OBJECTION_SCOPE_PROCESSING,
            },
            "Ihr Widerspruch ist begründet",
        ),
    ],
)
def test_what_was_done_is_said_and_no_file_is_promised(
    log_in: LogIn, monkeypatch: pytest.MonkeyPatch, values: dict[str, Any], said: str
) -> None:
    found = privacy_pb2.Request(
        id=REQUEST, contact_id=OWN.id, state=privacy_pb2.REQUEST_STATE_COMPLETED, **values
    )
    answers = SimpleNamespace(
        GetRequest=lambda _asked: found, GetCorrections=lambda _asked: privacy_pb2.Corrections()
    )
    stubs = SimpleNamespace(requests=answers)
    monkeypatch.setattr(views, "clients", lambda: stubs)
    page = log_in("customer").get(f"/rights/requests/{REQUEST}").text
    assert said in page
    assert not re.search(r"document\.(pdf|json|zip|vcf)", page)


def test_a_correction_shows_before_and_after_and_who_was_told(
    log_in: LogIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = privacy_pb2.Request(
        id=REQUEST,
        contact_id=OWN.id,
        kind=holder_pb2.REQUEST_KIND_RECTIFICATION,
        state=privacy_pb2.REQUEST_STATE_EXECUTING,
        recipients=[
            privacy_pb2.SettledRecipient(name="Versand AG", how="letter"),
            privacy_pb2.SettledRecipient(name="Druck GmbH"),
        ],
    )
    said = privacy_pb2.Corrections(
        corrections=[privacy_pb2.Correction(field="city", before="Ulm", after="<b>Köln</b>")]
    )
    answers = SimpleNamespace(GetRequest=lambda _asked: found, GetCorrections=lambda _asked: said)
    stubs = SimpleNamespace(requests=answers)
    monkeypatch.setattr(views, "clients", lambda: stubs)
    page = log_in("customer").get(f"/rights/requests/{REQUEST}").text
    assert "<del>Ulm</del>" in page
    assert "&lt;b&gt;Köln&lt;/b&gt;" in page
    assert "brieflich unterrichtet" in page
    assert "noch nicht unterrichtet" in page
