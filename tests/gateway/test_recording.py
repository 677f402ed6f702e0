"""Recording and handling requests: how one came, why it cannot be recorded, and acts that need a reason."""

from __future__ import annotations

import re
from typing import Any

import pytest
from kontor.contacts.v1.contacts_pb2 import Contact
from kontor.privacy.v1 import privacy_pb2

from kernel.errors import FailedPrecondition, InvalidArgument
from tests.gateway.conftest import LogIn
from tests.gateway.desk import ACCESS, CONTACT, NOTED, REQUEST, post
from tests.web.neighbours import Neighbours


@pytest.mark.parametrize(
    ("reason", "words"),
    [("REQUEST_OPEN", "ist schon offen"), ("ERASURE_RUNS", "werden gerade gelöscht")],
)
def test_why_a_request_cannot_be_recorded_is_said_as_it_is(
    log_in: LogIn, neighbours: Neighbours, reason: str, words: str
) -> None:
    neighbours.answers["Contacts.GetContact"] = lambda _: Contact(id=CONTACT, family_name="Sommer")
    neighbours.answers["Requests.CreateRequest"] = lambda _: FailedPrecondition(
        "no", reason=reason, metadata={"id": REQUEST}
    )
    client = log_in("agent")
    path = f"/requests/new?contact_id={CONTACT}&kind=access"
    answer = post(client, path, form_at=path, **NOTED)
    assert answer.headers["Location"] == f"/requests/{REQUEST}"
    neighbours.answers["Requests.GetRequest"] = lambda _: privacy_pb2.Request(id=REQUEST)
    assert words in client.get(f"/requests/{REQUEST}").text


def test_where_the_first_request_has_just_ended_the_contact_is_shown(
    log_in: LogIn, neighbours: Neighbours
) -> None:
    neighbours.answers["Contacts.GetContact"] = lambda _: Contact(id=CONTACT, family_name="Sommer")
    neighbours.answers["Requests.CreateRequest"] = lambda _: FailedPrecondition("no", reason="REQUEST_OPEN")
    client = log_in("agent")
    path = f"/requests/new?contact_id={CONTACT}&kind=access"
    assert post(client, path, form_at=path, **NOTED).headers["Location"] == f"/contacts/{CONTACT}"


def test_another_reason_is_not_called_an_open_request(log_in: LogIn, neighbours: Neighbours) -> None:
    neighbours.answers["Contacts.GetContact"] = lambda _: Contact(id=CONTACT, family_name="Sommer")
    neighbours.answers["Requests.CreateRequest"] = lambda _: FailedPrecondition("no", reason="UNHEARD_OF")
    client = log_in("agent")
    path = f"/requests/new?contact_id={CONTACT}&kind=access"
    assert post(client, path, form_at=path, **NOTED).status_code == 409


def test_how_a_request_came_is_noted(log_in: LogIn, neighbours: Neighbours) -> None:
    neighbours.answers["Contacts.GetContact"] = lambda _: Contact(id=CONTACT, family_name="Sommer")
    told: list[privacy_pb2.CreateRequestRequest] = []

    def create(asked: privacy_pb2.CreateRequestRequest) -> privacy_pb2.Request:
        told.append(asked)
        return privacy_pb2.Request(id=REQUEST)

    neighbours.answers["Requests.CreateRequest"] = create
    client = log_in("agent")
    path = f"/requests/new?contact_id={CONTACT}&kind=access"
    assert post(client, path, form_at=path).status_code == 400
    assert post(client, path, form_at=path, channel="fax", vouched_by="known-address").status_code == 400
    assert told == []
    post(client, path, form_at=path, channel="phone", vouched_by="in-doubt", receive_date="2026-02-27")
    post(client, path, form_at=path, **NOTED)
    assert [(t.channel, t.receive_date, t.vouched_by, t.in_doubt) for t in told] == [
        ("phone", "2026-02-27", "", True),
        ("letter", "", "known-address", False),
    ]


def test_a_day_in_the_future_is_said_at_its_field(log_in: LogIn, neighbours: Neighbours) -> None:
    neighbours.answers["Contacts.GetContact"] = lambda _: Contact(id=CONTACT, family_name="Sommer")
    neighbours.answers["Requests.CreateRequest"] = lambda _: InvalidArgument(
        "no", violations={"receive_date": "must be a day from 2018-05-25 to today"}
    )
    client = log_in("agent")
    path = f"/requests/new?contact_id={CONTACT}&kind=access"
    answer = post(client, path, form_at=path, **NOTED)
    assert answer.status_code == 400
    assert "nicht in der Zukunft" in answer.text


@pytest.mark.parametrize(
    ("act", "method", "reason", "field"),
    [
        ("verify", "VerifyRequest", "called-back", "vouched_by"),
        ("extend", "ExtendRequest", "complexity", "reason"),
        ("refuse", "RefuseRequest", "excessive", "reason"),
    ],
)
def test_the_officer_acts_with_a_reason(
    log_in: LogIn, neighbours: Neighbours, act: str, method: str, reason: str, field: str
) -> None:
    told: list[Any] = []
    found = privacy_pb2.Request(id=REQUEST, contact_id=CONTACT, on_behalf=True, extend_by="2026-12-28")
    neighbours.answers["Requests.GetRequest"] = lambda _: found

    def note(asked: Any) -> privacy_pb2.Request:
        told.append(asked)
        return found

    neighbours.answers[f"Requests.{method}"] = note
    client = log_in("dpo")
    path = f"/requests/{REQUEST}/{act}"
    assert post(client, path, form_at=path).status_code == 400
    assert post(client, path, form_at=path, reason="because").status_code == 400
    assert told == []
    assert post(client, path, form_at=path, reason=reason).headers["Location"] == f"/requests/{REQUEST}"
    assert [getattr(asked, field) for asked in told] == [reason]
    neighbours.answers[f"Requests.{method}"] = lambda _: FailedPrecondition("no", reason="ALREADY_EXTENDED")
    post(client, path, form_at=path, reason=reason)
    assert "schon einmal verlängert" in client.get(f"/requests/{REQUEST}").text


def test_both_clocks_are_on_the_desk_with_what_can_be_done(log_in: LogIn, neighbours: Neighbours) -> None:
    found = privacy_pb2.Request(
        id=REQUEST,
        kind=ACCESS,
        state=privacy_pb2.REQUEST_STATE_VERIFYING,
        contact_id=CONTACT,
        due_date="2026-04-02",
        suspended_due_date="2026-04-07",
        extend_by="2026-04-02",
        doubted=True,
        withdrawable=True,
        channel="letter",
    )
    neighbours.answers["Requests.GetRequest"] = lambda _: found
    page = log_in("dpo").get(f"/requests/{REQUEST}").text
    assert re.findall(r"(?:zu beantworten bis|ohne den Zweifel:) ([\w. ]+)", page) == [
        "2. April 2026",
        "7. April 2026",
    ]
    for act in ("verify", "extend", "refuse"):
        assert f"/requests/{REQUEST}/{act}" in page
    page = log_in("agent").get(f"/requests/{REQUEST}").text
    assert f"/requests/{REQUEST}/verify" in page
    assert f"/requests/{REQUEST}/refuse" not in page
