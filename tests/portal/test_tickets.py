"""A ticket of one's own: what an answer does to it, and that no text is lost on one that is closed."""

from __future__ import annotations

import uuid

import pytest
from flask.testing import FlaskClient
from kontor.contacts.v1.contacts_pb2 import Contact
from kontor.tickets.v1 import tickets_pb2 as t
from werkzeug.test import TestResponse

from kernel.errors import FailedPrecondition
from tests.portal.conftest import LogIn
from tests.web.neighbours import Neighbours
from tests.web.sample import form_token

_ID = "018f0000-0000-7000-8000-000000000001"
_OWN = "018f0000-0000-7000-8000-000000000002"
_REOPENS = "Ihre Antwort öffnet ihn wieder"


@pytest.fixture
def client(log_in: LogIn, neighbours: Neighbours) -> FlaskClient:
    neighbours.answers["Contacts.GetOwnContact"] = lambda _: Contact(id=_OWN)
    _stands(neighbours, t.TICKET_STATE_OPEN)
    return log_in("customer")


def _stands(neighbours: Neighbours, state: t.TicketState.ValueType) -> None:
    ticket = t.Ticket(id=_ID, number=10001, contact_id=_OWN, subject="Tisch mit Kratzer", state=state)
    neighbours.answers["Tickets.GetTicket"] = lambda _: ticket


def _answer(client: FlaskClient, text: str) -> TestResponse:
    page = client.get("/tickets/new").text
    values = {"csrf_token": form_token(page), "request_id": str(uuid.uuid4()), "body": text}
    return client.post(f"/tickets/{_ID}", data=values)


def test_an_answer_is_said_to_reopen_what_is_solved_and_nothing_else(
    client: FlaskClient, neighbours: Neighbours
) -> None:
    for state in (t.TICKET_STATE_NEW, t.TICKET_STATE_OPEN, t.TICKET_STATE_PENDING):
        _stands(neighbours, state)
        assert _REOPENS not in client.get(f"/tickets/{_ID}").text
    _stands(neighbours, t.TICKET_STATE_SOLVED)
    assert _REOPENS in client.get(f"/tickets/{_ID}").text


def test_a_closed_ticket_offers_a_new_one_and_no_answer(client: FlaskClient, neighbours: Neighbours) -> None:
    _stands(neighbours, t.TICKET_STATE_CLOSED)
    page = client.get(f"/tickets/{_ID}").text
    assert _REOPENS not in page
    assert "<textarea" not in page
    assert 'href="/tickets/new"' in page.split("<main", 1)[1]


def test_an_answer_to_what_was_closed_meanwhile_becomes_the_text_of_a_new_ticket(
    client: FlaskClient, neighbours: Neighbours
) -> None:
    neighbours.answers["Tickets.AddMessage"] = lambda _: FailedPrecondition(
        "The ticket is closed.", reason="TICKET_CLOSED"
    )
    answer = _answer(client, "Der Kratzer ist wieder da.")
    assert answer.status_code == 409
    assert "inzwischen abgeschlossen" in answer.text
    assert "Der Kratzer ist wieder da." in answer.text.split("<textarea", 1)[1]
    assert 'value="Tisch mit Kratzer"' in answer.text
    assert 'action="/tickets/new"' in answer.text
