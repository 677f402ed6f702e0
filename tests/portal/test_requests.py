"""The portal's requests on canned answers: the own ones only, whatever role looks, and the truth about each state."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from kontor.contacts.v1.contacts_pb2 import Contact
from kontor.privacy.v1 import holder_pb2, privacy_pb2

from kernel.errors import NotFound, ResourceExhausted
from services.portal import session
from services.portal.home import views as home
from services.portal.rights import views
from services.portal.rights.held import Reads
from tests.portal.conftest import LogIn

OWN, FOREIGN = str(uuid.uuid4()), str(uuid.uuid4())
REQUEST = "018f0000-0000-7000-8000-000000000001"


class Requests:
    """Answers one request, and keeps what it was told to do."""

    def __init__(self, found: privacy_pb2.Request) -> None:
        self.found, self.told = found, list[str]()

    def GetRequest(self, asked: Any) -> privacy_pb2.Request:
        return self.found

    def ListRequests(self, asked: Any) -> privacy_pb2.ListRequestsResponse:
        copy = privacy_pb2.Request(kind=holder_pb2.REQUEST_KIND_ACCESS)
        return privacy_pb2.ListRequestsResponse(requests=[copy, self.found])

    def __getattr__(self, name: str) -> Callable[[Any], Any]:
        def act(_request: Any) -> privacy_pb2.Document:
            self.told.append(name)
            return privacy_pb2.Document(file_name="x.json", media_type="application/json", content=b"{}")

        return act


def given(monkeypatch: pytest.MonkeyPatch, **values: Any) -> Requests:
    values = {"id": REQUEST, "contact_id": OWN, "kind": holder_pb2.REQUEST_KIND_ERASURE, **values}
    requests = Requests(privacy_pb2.Request(**values))
    monkeypatch.setattr(views, "clients", lambda: SimpleNamespace(requests=requests))
    monkeypatch.setattr(views, "own_contact", lambda: Contact(id=OWN))
    return requests


def post(client: FlaskClient, path: str, *, form_id: str = "") -> int:
    """As the form of a page does; the code of the answer."""
    page = client.get("/rights/erasure").text
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert found is not None
    data = {"csrf_token": found[1], "request_id": form_id or str(uuid.uuid4())}
    return client.post(path, data=data).status_code


PATHS = ("", "/part", "/document.json")


@pytest.mark.parametrize("role", ["dpo", "admin", "agent", "manager"])
def test_staff_meets_nobody_elses_request_here(
    log_in: LogIn, monkeypatch: pytest.MonkeyPatch, role: str
) -> None:
    requests = given(monkeypatch, contact_id=FOREIGN, state=privacy_pb2.REQUEST_STATE_PLANNED)
    client = log_in("customer", role)
    for path in PATHS:
        assert client.get(f"/rights/requests/{REQUEST}{path}").status_code == 404, path
    for action in ("confirm", "withdraw"):
        assert post(client, f"/rights/requests/{REQUEST}/{action}") == 404, action
    assert requests.told == []


@pytest.mark.parametrize("roles", [("customer",), ("customer", "dpo")])
def test_the_own_plan_says_what_it_ends_and_can_be_taken_back(
    log_in: LogIn, monkeypatch: pytest.MonkeyPatch, roles: tuple[str, ...]
) -> None:
    requests = given(monkeypatch, state=privacy_pb2.REQUEST_STATE_PLANNED, withdrawable=True)
    client = log_in(*roles)
    page = client.get(f"/rights/requests/{REQUEST}").text
    assert "Ihre offenen Anfragen nach einer Kopie oder Berichtigung enden" in page
    assert "Anfrage zurückziehen" in page
    assert post(client, f"/rights/requests/{REQUEST}/withdraw") == 303
    assert requests.told == ["WithdrawRequest"]


def test_what_is_withdrawn_offers_nothing_and_has_no_deadline(
    log_in: LogIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    item = holder_pb2.PlanItem(dataset="contact", action=holder_pb2.ACTION_DELETE_ROW, rows=1)
    plan = privacy_pb2.HolderPlan(holder="contacts", items=[item])
    given(monkeypatch, state=privacy_pb2.REQUEST_STATE_WITHDRAWN, due_date="2026-04-02", plans=[plan])
    page = log_in("customer").get(f"/rights/requests/{REQUEST}").text
    assert "Antwort bis" not in page
    assert "Anfrage zurückziehen" not in page
    assert "Ja, endgültig löschen" not in page
    # A plan that nobody carries out would read as an announcement.
    assert "wird gelöscht" not in page


def test_a_document_that_fails_blames_nobody_and_hands_out_the_file(
    log_in: LogIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    given(
        monkeypatch,
        kind=holder_pb2.REQUEST_KIND_ACCESS,
        state=privacy_pb2.REQUEST_STATE_EXECUTING,
        problem="document-failed",
        documents=[privacy_pb2.DOCUMENT_FORMAT_JSON],
    )
    page = log_in("customer").get(f"/rights/requests/{REQUEST}").text
    assert "Das PDF konnte nicht erstellt werden" in page
    assert "document.json" in page
    assert "document.pdf" not in page
    assert "Warten auf" not in page


@pytest.mark.parametrize(
    ("actor", "words"), [("subject", "Auf Ihren Wunsch vom"), ("staff", "für Sie bestätigt")]
)
def test_the_persons_wish_is_named_only_where_it_was_hers(
    app: Flask, log_in: LogIn, monkeypatch: pytest.MonkeyPatch, actor: str, words: str
) -> None:
    erasure = privacy_pb2.Request(
        id=REQUEST, kind=holder_pb2.REQUEST_KIND_ERASURE, state=privacy_pb2.REQUEST_STATE_COMPLETED,
        transitions=[privacy_pb2.Transition(state=privacy_pb2.REQUEST_STATE_EXECUTING, actor=actor)],
    )  # fmt: skip

    def nobody(_request: Any) -> Contact:
        raise NotFound("nobody")

    stubs = SimpleNamespace(
        contacts=SimpleNamespace(GetOwnContact=nobody),
        requests=SimpleNamespace(
            ListRequests=lambda _asked: privacy_pb2.ListRequestsResponse(requests=[erasure])
        ),
    )
    monkeypatch.setattr(session, "clients", lambda: stubs)
    page = log_in("customer").get("/").text
    assert words in page
    assert ("Auf Ihren Wunsch" in page) == (actor == "subject")


def test_beginning_again_twice_is_one_new_record(log_in: LogIn, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(home, "link", lambda request_id, *, create: asked.append(f"{request_id} {create}"))
    monkeypatch.setattr(views, "own_contact", lambda: Contact(id=OWN))
    client, form_id = log_in("customer"), str(uuid.uuid4())
    for _ in range(2):
        assert post(client, "/begin", form_id=form_id) == 303
    assert asked == [f"{form_id} True"] * 2


@pytest.mark.parametrize(
    "path", ["/", "/rights", "/rights/erasure", "/tickets", "/tickets/new", "/preferences"]
)
def test_whoever_was_erased_is_told_so_on_every_page(
    log_in: LogIn, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    def nobody(_asked: Any) -> Contact:
        raise NotFound("nobody")

    erasure = privacy_pb2.Request(
        id=REQUEST, kind=holder_pb2.REQUEST_KIND_ERASURE, state=privacy_pb2.REQUEST_STATE_COMPLETED
    )
    stubs = SimpleNamespace(
        contacts=SimpleNamespace(GetOwnContact=nobody),
        requests=SimpleNamespace(
            ListRequests=lambda _asked: privacy_pb2.ListRequestsResponse(requests=[erasure])
        ),
    )
    monkeypatch.setattr(session, "clients", lambda: stubs)
    page = log_in("customer").get(path).text
    assert "Wir führen keinen Datensatz mehr über Sie" in page
    assert 'name="body"' not in page


def planned(reason: str = "") -> dict[str, Any]:
    """A plan that waits for a word, or that nobody confirmed."""
    state = privacy_pb2.REQUEST_STATE_REFUSED if reason else privacy_pb2.REQUEST_STATE_PLANNED
    step = privacy_pb2.Transition(state=state, actor="system", reason=reason)
    item = holder_pb2.PlanItem(dataset="contact", action=holder_pb2.ACTION_DELETE_ROW, rows=1)
    plan = privacy_pb2.HolderPlan(holder="contacts", items=[item])
    return {"state": state, "transitions": [step], "plans": [plan], "decide_by": "2026-04-01"}


def test_a_plan_says_until_when_it_waits(log_in: LogIn, monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, **planned())
    page = log_in("customer").get(f"/rights/requests/{REQUEST}").text
    assert "Bitte entscheiden Sie bis zum 1. April 2026." in page


def test_a_plan_that_nobody_confirmed_says_what_became_of_it_and_where_to_complain(
    log_in: LogIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    given(monkeypatch, **planned("not-confirmed"))
    page = log_in("customer").get(f"/rights/requests/{REQUEST}").text
    for words in (
        "Ohne Ihre Bestätigung beendet",
        "bis zum 1. April 2026",
        "Art. 77",
        "Art. 79",
        "/rights/erasure",
    ):
        assert words in page, words
    for words in ("Abgelehnt", "wird gelöscht", "btn-danger", "Der Plan in Zahlen"):
        assert words not in page, words


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("identity-not-proven", "ob wirklich Sie anfragen"),
        ("not-the-subject", "betrifft jemand anderen"),
        ("manifestly-unfounded", "offenkundig unbegründet"),
        ("excessive", "exzessiv"),
        ("law-keeps-everything", "Art. 17 Abs. 3 DSGVO"),
    ],
)
def test_a_refusal_says_why_and_where_to_complain(
    log_in: LogIn, monkeypatch: pytest.MonkeyPatch, reason: str, words: str
) -> None:
    given(monkeypatch, **{**planned(f"refused-{reason}"), "refusal": reason})
    page = log_in("customer").get(f"/rights/requests/{REQUEST}").text
    for expected in (words, "Abgelehnt", "Art. 77", "Art. 79"):
        assert expected in page, expected
    assert "Ohne Ihre Bestätigung" not in page


def test_an_extension_and_a_doubt_show_the_reason_and_both_days(
    log_in: LogIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    given(
        monkeypatch,
        state=privacy_pb2.REQUEST_STATE_ACCEPTED,
        due_date="2026-06-02",
        suspended_due_date="2026-06-08",
        extension="complexity",
    )
    page = log_in("customer").get(f"/rights/requests/{REQUEST}").text
    for words in ("2. Juni 2026", "8. Juni 2026", "weil Ihre Anfrage komplex ist", "Datenschutzbehörde"):
        assert words in page, words


def test_too_many_requests_in_a_day_hide_no_right(log_in: LogIn, monkeypatch: pytest.MonkeyPatch) -> None:
    def exhausted(_asked: Any) -> privacy_pb2.Request:
        raise ResourceExhausted("no", reason="TOO_MANY_REQUESTS")

    requests = given(monkeypatch)
    requests.CreateRequest = exhausted  # type: ignore[attr-defined]
    client = log_in("customer")
    assert post(client, "/rights/copy") == 429
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get("/rights/erasure").text)
    assert found is not None
    data = {"csrf_token": found[1], "request_id": str(uuid.uuid4())}
    page = client.post("/rights/copy", data=data).text
    assert "Ihr Recht bleibt unberührt" in page
    assert "Bitte schreiben Sie an" in page


def test_what_grew_since_the_plan_is_said(log_in: LogIn, monkeypatch: pytest.MonkeyPatch) -> None:
    state = privacy_pb2.REQUEST_STATE_EXECUTING
    given(
        monkeypatch,
        state=state,
        transitions=[privacy_pb2.Transition(state=state, actor="system", reason="replanned:3:1")],
    )
    page = log_in("customer").get(f"/rights/requests/{REQUEST}").text
    assert "sind 3 Einträge dazugekommen, die auch gelöscht werden" in page
    assert "ist 1 Eintrag dazugekommen, den wir nach dem Gesetz behalten müssen" in page


def test_reads_are_told_per_day_and_reader(app: Flask) -> None:
    reads = Reads()
    with app.test_request_context(headers={"Accept-Language": "de"}):
        for reader, day in (("Sie selbst", 2), ("Sie selbst", 2), ("Team", 2), ("Team", 3)):
            stamp = privacy_pb2.Transition().time
            stamp.FromDatetime(datetime(2026, 3, day, 12, tzinfo=UTC))
            reads.add([reader], stamp)
        found = reads.entries()
    assert [entry.values[0] for entry in found] == [
        ("Team", "1 Mal"), ("Sie selbst", "2 Mal"), ("Team", "1 Mal"),
    ]  # fmt: skip


def test_data_to_take_along_is_offered_in_every_form_that_was_made(
    log_in: LogIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    given(
        monkeypatch,
        kind=holder_pb2.REQUEST_KIND_PORTABILITY,
        state=privacy_pb2.REQUEST_STATE_COMPLETED,
        documents=[
            privacy_pb2.DOCUMENT_FORMAT_JSON,
            privacy_pb2.DOCUMENT_FORMAT_CSV,
            privacy_pb2.DOCUMENT_FORMAT_VCARD,
        ],
    )
    client = log_in("customer")
    page = client.get(f"/rights/requests/{REQUEST}").text
    assert "Ihre Daten zum Mitnehmen sind fertig" in page
    for ending in ("json", "zip", "vcf"):
        assert f"document.{ending}" in page
        assert client.get(f"/rights/requests/{REQUEST}/document.{ending}").status_code == 200
    # The document to read belongs to the copy.
    assert "document.pdf" not in page


def test_a_click_asks_for_data_to_take_along(log_in: LogIn, monkeypatch: pytest.MonkeyPatch) -> None:
    requests = given(monkeypatch)
    asked: list[Any] = []

    def create(it: Any) -> Any:
        asked.append(it)
        return requests.found

    monkeypatch.setattr(requests, "CreateRequest", create, raising=False)
    assert post(log_in("customer"), "/rights/portability") == 303
    assert [it.kind for it in asked] == [holder_pb2.REQUEST_KIND_PORTABILITY]
