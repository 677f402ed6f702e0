"""The officer's pages of requests on canned answers: whose word a plan waits for, what stands still, what was done."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from kontor.contacts.v1.contacts_pb2 import Contact, ListContactsResponse
from kontor.privacy.v1 import (
    askings_pb2,
    blackening_pb2,
    farewells_pb2,
    holder_pb2,
    identity_pb2,
    privacy_pb2,
)

from kernel.errors import FailedPrecondition, NotFound, ResourceExhausted
from services.gateway import people
from services.gateway.requests import blackening, fulfilling, identifying, recording, views
from tests.gateway.conftest import LogIn
from tests.gateway.desk import ACCESS, NOTED, REQUEST, post
from tests.web.neighbours import Neighbours


class Requests:
    """Answers one request beside an open access request of the same person; keeps what it was told."""

    def __init__(self, **values: Any) -> None:
        values = {"kind": holder_pb2.REQUEST_KIND_ERASURE, **values}
        self.found = privacy_pb2.Request(id=REQUEST, contact_id=str(uuid.uuid4()), **values)
        self.told: list[Any] = []

    def GetRequest(self, _asked: Any) -> privacy_pb2.Request:
        return self.found

    def ListRequests(self, _asked: Any) -> privacy_pb2.ListRequestsResponse:
        copy = privacy_pb2.Request(kind=holder_pb2.REQUEST_KIND_ACCESS)
        return privacy_pb2.ListRequestsResponse(requests=[copy, self.found])

    def ConfirmRequest(self, asked: privacy_pb2.ConfirmRequestRequest) -> privacy_pb2.Request:
        if not asked.word_by and not self.found.on_behalf:
            raise FailedPrecondition("no", reason="ONLY_THE_PERSON")
        self.told.append(asked.word_by)
        return self.found

    def GetAskingMessage(self, asked: askings_pb2.GetAskingMessageRequest) -> askings_pb2.AskingMessage:
        self.told.append(asked.id)
        return askings_pb2.AskingMessage(message="Bitte <b>bald</b>.\nDanke.")

    def RetryRequest(self, asked: Any) -> privacy_pb2.Request:
        self.told.append("retry")
        return self.found


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Requests]:
    def make(**values: Any) -> Requests:
        requests = Requests(**values)
        contacts = SimpleNamespace(
            ListContacts=lambda asked: ListContactsResponse(
                contacts=[Contact(id=REQUEST, given_name="Anna", family_name=asked.query)]
            )
        )
        for module in (views, recording, fulfilling):
            monkeypatch.setattr(
                module,
                "clients",
                lambda: SimpleNamespace(requests=requests, contacts=contacts, askings=requests),
            )
        monkeypatch.setattr(people, "by_id", lambda _ids: {})
        return requests

    return make


def test_the_part_that_asks_again_reads_no_name_until_nothing_moves(
    log_in: LogIn, given: Callable[..., Requests], monkeypatch: pytest.MonkeyPatch
) -> None:
    requests, read = given(state=privacy_pb2.REQUEST_STATE_EXECUTING), list[str]()

    def by_id(contact_ids: list[str]) -> dict[str, Contact]:
        read.extend(contact_ids)
        return {contact_id: Contact(id=contact_id, family_name="Sommer") for contact_id in contact_ids}

    monkeypatch.setattr(people, "by_id", by_id)
    client = log_in("dpo")
    assert "Sommer" in client.get(f"/requests/{REQUEST}").text
    read.clear()
    part = client.get(f"/requests/{REQUEST}/state", headers={"HX-Request": "true"}).text
    assert (read, "Sommer" in part) == ([], False)
    # htmx puts the person of the page in its place.
    assert re.search(r'id="request-person" hx-preserve', part)
    assert "data-polled" in part
    requests.found.state = privacy_pb2.REQUEST_STATE_COMPLETED
    part = client.get(f"/requests/{REQUEST}/state", headers={"HX-Request": "true"}).text
    assert read == [requests.found.contact_id]
    assert ("hx-preserve" in part, "data-polled" in part) == (False, False)


def test_the_word_for_somebody_elses_request_needs_a_reason(
    log_in: LogIn, given: Callable[..., Requests]
) -> None:
    requests = given(state=privacy_pb2.REQUEST_STATE_PLANNED)
    client, path = log_in("dpo"), f"/requests/{REQUEST}/confirm"
    page = client.get(path).text
    assert "endet ohne Kopie" in page
    answer = post(client, path, form_at=path, **NOTED)
    assert answer.status_code == 400
    assert "Bitte wählen Sie, wie die Person das gesagt hat" in answer.text
    assert requests.told == []
    assert post(client, path, form_at=path, word_by="letter").status_code == 303
    assert requests.told == ["letter"]


def test_what_staff_recorded_needs_no_reason(log_in: LogIn, given: Callable[..., Requests]) -> None:
    given(state=privacy_pb2.REQUEST_STATE_PLANNED, on_behalf=True)
    page = log_in("dpo").get(f"/requests/{REQUEST}/confirm").text
    assert 'name="word_by"' not in page


def test_what_stands_still_is_seen_in_the_list_and_can_be_tried_again(
    log_in: LogIn, given: Callable[..., Requests]
) -> None:
    requests = given(
        kind=holder_pb2.REQUEST_KIND_ACCESS,
        state=privacy_pb2.REQUEST_STATE_EXECUTING,
        problem="document-failed",
        documents=[privacy_pb2.DOCUMENT_FORMAT_JSON],
    )
    requests.found.stall_time.FromDatetime(datetime(2026, 3, 2, 8, tzinfo=UTC))
    client = log_in("dpo")
    assert "steht still seit 02.03.2026" in client.get("/requests").text
    page = client.get(f"/requests/{REQUEST}").text
    assert "Das PDF konnte nicht erstellt werden" in page
    assert "document.json" in page
    assert "document.pdf" not in page
    post(client, f"/requests/{REQUEST}/retry", form_at=f"/requests/{REQUEST}")
    assert requests.told == ["retry"]


def test_a_letter_finds_its_contact_first(log_in: LogIn, given: Callable[..., Requests]) -> None:
    given()
    client = log_in("agent")
    assert "/requests/find" in client.get("/requests").text
    page = client.get("/requests/find?q=Sommer").text
    assert "Anna Sommer" in page
    assert f"/requests/new?contact_id={REQUEST}" in page


def test_data_to_take_along_has_its_own_files_and_no_document_to_read(
    log_in: LogIn, given: Callable[..., Requests]
) -> None:
    given(
        kind=holder_pb2.REQUEST_KIND_PORTABILITY,
        state=privacy_pb2.REQUEST_STATE_COMPLETED,
        documents=[privacy_pb2.DOCUMENT_FORMAT_JSON, privacy_pb2.DOCUMENT_FORMAT_CSV],
    )
    page = log_in("dpo").get(f"/requests/{REQUEST}").text
    assert "Daten zum Mitnehmen (Art. 20)" in log_in("dpo").get("/requests").text
    for ending in ("json", "zip", "vcf"):
        assert f"document.{ending}" in page
    assert "document.pdf" not in page


ITEM = holder_pb2.PlanItem(dataset="contact", action=holder_pb2.ACTION_DELETE_ROW, rows=1)


def test_what_was_erased_is_told_in_the_past(log_in: LogIn, given: Callable[..., Requests]) -> None:
    given(
        state=privacy_pb2.REQUEST_STATE_COMPLETED,
        plans=[privacy_pb2.HolderPlan(holder="contacts", items=[ITEM], executed=True)],
    )
    page = log_in("dpo").get(f"/requests/{REQUEST}").text
    assert "Was mit den Daten geschehen ist" in page
    assert re.search(r"\bgelöscht\b", page)
    assert "wird gelöscht" not in page


def test_each_holder_speaks_of_what_it_has_done_by_itself(
    log_in: LogIn, given: Callable[..., Requests]
) -> None:
    given(
        state=privacy_pb2.REQUEST_STATE_EXECUTING,
        plans=[
            privacy_pb2.HolderPlan(holder="contacts", items=[ITEM], executed=True),
            privacy_pb2.HolderPlan(holder="tickets", items=[ITEM]),
        ],
    )
    page = log_in("dpo").get(f"/requests/{REQUEST}").text
    assert page.count("wird gelöscht") == 1
    assert "Was mit den Daten geschieht" in page


def test_the_desk_says_whose_word_a_plan_waits_for(log_in: LogIn, given: Callable[..., Requests]) -> None:
    given(state=privacy_pb2.REQUEST_STATE_PLANNED, plans=[], decide_by="2026-04-01")
    client = log_in("dpo")
    assert "entscheidet im Portal bis zum 1. April 2026" in client.get(f"/requests/{REQUEST}").text
    given(state=privacy_pb2.REQUEST_STATE_PLANNED, plans=[], on_behalf=True)
    assert "Die Freigabe liegt bei uns" in client.get(f"/requests/{REQUEST}").text


def test_a_plan_that_nobody_confirmed_is_void_on_the_desk(
    log_in: LogIn, given: Callable[..., Requests]
) -> None:
    refused = privacy_pb2.REQUEST_STATE_REFUSED
    step = privacy_pb2.Transition(state=refused, actor="system", reason="not-confirmed")
    given(
        state=refused,
        decide_by="2026-04-01",
        transitions=[step],
        plans=[privacy_pb2.HolderPlan(holder="contacts", items=[ITEM])],
    )
    client = log_in("dpo")
    for path in (f"/requests/{REQUEST}", "/requests?all=yes"):
        page = client.get(path).text
        assert "Beendet, nicht bestätigt" in page
        assert "Abgelehnt" not in page
    page = client.get(f"/requests/{REQUEST}").text
    assert "bis zum 1. April 2026 nicht bestätigt" in page
    assert "wird gelöscht" not in page


def _paged(asked: privacy_pb2.ListRequestsRequest) -> privacy_pb2.ListRequestsResponse:
    """Two pages of open requests, with one more on the second."""
    first = not asked.page_token
    days = ["2026-05-04"] * (200 if first else 1)
    requests = [
        privacy_pb2.Request(
            id=str(uuid.uuid4()), state=privacy_pb2.REQUEST_STATE_ACCEPTED, kind=ACCESS, due_date=day
        )
        for day in days
    ]
    return privacy_pb2.ListRequestsResponse(requests=requests, next_page_token="more" if first else "")


def test_open_requests_are_asked_for_by_due_date_and_all_of_them_by_age(
    log_in: LogIn, neighbours: Neighbours
) -> None:
    neighbours.answers["Requests.ListRequests"] = _paged
    client = log_in("dpo")
    assert "page_token=more" in client.get("/requests").text
    client.get("/requests?page_token=more")
    client.get("/requests?all=yes")
    asked = neighbours.of("Requests.ListRequests")
    by_due, newest = privacy_pb2.REQUEST_ORDER_DUE, privacy_pb2.REQUEST_ORDER_NEWEST
    assert [(request.open, request.order) for request in asked] == [
        (True, by_due),
        (True, by_due),
        (False, newest),
    ]


def test_the_start_page_counts_open_requests_beyond_one_page(log_in: LogIn, neighbours: Neighbours) -> None:
    neighbours.answers["Requests.ListRequests"] = _paged
    page = log_in("dpo").get("/").text
    assert ">201<" in page
    assert "201 in den nächsten 7 Tagen fällig" in page


def test_what_was_written_on_the_public_page_is_shown_and_asked_for_only_there(
    log_in: LogIn, given: Callable[..., Requests]
) -> None:
    requests = given(channel="public-page", on_behalf=True)
    page = log_in("agent").get(f"/requests/{REQUEST}").text
    assert "Bitte &lt;b&gt;bald&lt;/b&gt;.\nDanke." in page
    assert "auf der Seite ohne Konto" in page
    assert requests.told == [REQUEST]
    requests.found.channel = "letter"
    assert "Danke." not in log_in("agent").get(f"/requests/{REQUEST}").text
    assert requests.told == [REQUEST]


@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        (None, "Ein Code geht an die hinterlegte Adresse"),
        (FailedPrecondition("no", reason="NOT_VERIFYING"), "zweifelt hier niemand mehr"),
        (ResourceExhausted("no", reason="TOO_MANY_CODES"), "heute schon fünf Codes"),
    ],
)
def test_a_code_is_asked_for_while_identity_is_in_doubt(
    log_in: LogIn,
    given: Callable[..., Requests],
    monkeypatch: pytest.MonkeyPatch,
    trouble: Exception | None,
    said: str,
) -> None:
    requests = given(state=privacy_pb2.REQUEST_STATE_VERIFYING, doubted=True)
    asked: list[identity_pb2.SendIdentityCodeRequest] = []

    def send(wanted: identity_pb2.SendIdentityCodeRequest) -> identity_pb2.IdentityCheck:
        asked.append(wanted)
        if trouble is not None:
            raise trouble
        return identity_pb2.IdentityCheck()

    stubs = SimpleNamespace(identity_checks=SimpleNamespace(SendIdentityCode=send))
    monkeypatch.setattr(identifying, "clients", lambda: stubs)
    client, page = log_in("agent"), f"/requests/{REQUEST}"
    assert post(client, f"{page}/code", form_at=page).status_code == 303
    assert [one.id for one in asked] == [REQUEST]
    assert said in client.get(page).text
    requests.found.doubted = False
    assert "/code" not in client.get(page).text


def test_a_text_that_names_others_is_blackened_by_ticks_and_by_words(
    log_in: LogIn, given: Callable[..., Requests], monkeypatch: pytest.MonkeyPatch
) -> None:
    requests = given(state=privacy_pb2.REQUEST_STATE_EXECUTING, problem="names-others")
    text = "😀 Jürgen\n<b>Köhler</b>: j@x.example"
    passage = blackening_pb2.Passage(
        id="ab" * 32, holder="tickets", text=text, marks=[blackening_pb2.Span(start=24, end=35)]
    )
    said: list[blackening_pb2.DecidePassageRequest] = []

    def decide(wanted: blackening_pb2.DecidePassageRequest) -> blackening_pb2.DecidePassageResponse:
        said.append(wanted)
        return blackening_pb2.DecidePassageResponse(undecided=1)

    listed = blackening_pb2.ListPassagesResponse(passages=[passage], undecided=1)
    door = SimpleNamespace(ListPassages=lambda _asked: listed, DecidePassage=decide)
    stubs = SimpleNamespace(blackening=door, requests=requests)
    monkeypatch.setattr(blackening, "clients", lambda: stubs)
    client, page = log_in("dpo"), f"/requests/{REQUEST}/blackening"
    shown = client.get(page).text
    assert "&lt;b&gt;Köhler&lt;/b&gt;" in shown
    assert "1 Text wartet auf eine Entscheidung" in shown
    form = {"passage_id": passage.id, "mark": "24-35", "words": "Köhler\r\nJürgen", "reason": "identity"}
    assert post(client, page, form_at=page, **form).status_code == 303
    assert sorted(text[s.start : s.end] for s in said[0].spans) == ["Jürgen", "Köhler", "j@x.example"]
    assert post(client, page, form_at=page, **{**form, "reason": "no-harm"}).status_code == 303
    assert len(said) == 1


def test_an_erasure_that_is_done_asks_whom_to_tell_and_names_the_person(
    log_in: LogIn, given: Callable[..., Requests], monkeypatch: pytest.MonkeyPatch
) -> None:
    requests = given(
        state=privacy_pb2.REQUEST_STATE_COMPLETED,
        recipients=[
            privacy_pb2.SettledRecipient(name="Versand AG", how="letter"),
            privacy_pb2.SettledRecipient(name="Druck GmbH"),
        ],
    )
    named = [farewells_pb2.ErasedPerson(names=["Erna <b>Groß</b>"], emails=["erna@example.org"])]

    def person(_asked: Any) -> farewells_pb2.ErasedPerson:
        if not named:
            raise NotFound("over")
        return named[0]

    stubs = SimpleNamespace(requests=requests, farewells=SimpleNamespace(GetErasedPerson=person))
    monkeypatch.setattr(views, "clients", lambda: stubs)
    page = log_in("dpo").get(f"/requests/{REQUEST}").text
    assert "Erna &lt;b&gt;Groß&lt;/b&gt;" in page
    assert "erna@example.org" in page
    # One is noted; the other can be.
    assert page.count("/recipients") == 1
    assert "brieflich unterrichtet" in page
    named.clear()
    page = log_in("dpo").get(f"/requests/{REQUEST}").text
    assert "erna@example.org" not in page
    assert "Niemand weiß mehr" in page
    requests.found.recipients[1].how = "impossible"
    page = log_in("dpo").get(f"/requests/{REQUEST}").text
    assert "/recipients" not in page
    assert "Niemand weiß mehr" not in page


def test_what_recipients_have_not_heard_of_has_a_list_of_its_own(
    log_in: LogIn, given: Callable[..., Requests], monkeypatch: pytest.MonkeyPatch
) -> None:
    requests, asked = given(state=privacy_pb2.REQUEST_STATE_COMPLETED), []

    def listed(wanted: privacy_pb2.ListRequestsRequest) -> privacy_pb2.ListRequestsResponse:
        asked.append((wanted.open, wanted.recipients_untold))
        return privacy_pb2.ListRequestsResponse()

    monkeypatch.setattr(requests, "ListRequests", listed)
    client = log_in("dpo")
    assert "/requests?recipients=untold" in client.get("/requests").text
    assert "Alle sind unterrichtet" in client.get("/requests?recipients=untold").text
    assert asked == [(True, False), (False, True)]
