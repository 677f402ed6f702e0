"""The desk: an answer says where it is read, never writes over what happened meanwhile, and urgent comes first."""

from __future__ import annotations

import re
import uuid
from typing import Any

import pytest
from flask.testing import FlaskClient
from kontor.tickets.v1 import tickets_pb2 as t

from kernel.errors import FailedPrecondition, InvalidArgument, StaleEtag
from tests.gateway.conftest import LogIn
from tests.web.neighbours import Neighbours
from tests.web.sample import form_token

_ID = "018f0000-0000-7000-8000-000000000001"
_CONTACT = "018f0000-0000-7000-8000-000000000002"


def _ticket(**changes: Any) -> t.Ticket:
    values: dict[str, Any] = {
        "id": _ID,
        "number": 10001,
        "etag": "3",
        "contact_id": _CONTACT,
        "subject": "Tisch mit Kratzer",
        "state": t.TICKET_STATE_OPEN,
        "priority": t.TICKET_PRIORITY_NORMAL,
        "channel": t.CHANNEL_PORTAL,
        "message_count": 1,
    }
    return t.Ticket(**(values | changes))


def _send(client: FlaskClient, **fields: str) -> Any:
    page = client.get(f"/tickets/{_ID}?queue=free").text
    hidden = dict(re.findall(r'name="(etag|seen_state|seen_count|queue)"[^>]*value="([^"]*)"', _form(page)))
    values = {"csrf_token": form_token(page), "request_id": str(uuid.uuid4()), "kind": "reply"}
    return client.post(f"/tickets/{_ID}/messages", data=values | hidden | fields)


def _form(page: str) -> str:
    return page.split('class="g-answer"', 1)[1].split("</form>", 1)[0]


@pytest.mark.parametrize(
    ("channel", "before", "after"),
    [
        (t.CHANNEL_PORTAL, "ist im Portal sichtbar. Eine E-Mail geht nicht hinaus", "im Portal sichtbar"),
        (t.CHANNEL_EMAIL, "nur im Portal sichtbar", "antworten Sie auch selbst per E-Mail"),
        (t.CHANNEL_PHONE, "nur im Portal sichtbar", "rufen Sie auch selbst zurück"),
        (t.CHANNEL_LETTER, "nur im Portal sichtbar", "antworten Sie auch selbst per Brief"),
    ],
)
def test_an_answer_says_where_the_customer_reads_it(
    log_in: LogIn, neighbours: Neighbours, channel: Any, before: str, after: str
) -> None:
    neighbours.answers["Tickets.GetTicket"] = lambda _: _ticket(channel=channel)
    client = log_in("agent")
    assert before in client.get(f"/tickets/{_ID}").text
    assert _send(client, body="Wir kommen.").status_code == 303
    page = client.get(f"/tickets/{_ID}").text
    assert after in page
    assert "beim Kunden" not in page


def test_a_stale_tab_keeps_the_text_and_says_what_has_happened(log_in: LogIn, neighbours: Neighbours) -> None:
    solved = _ticket(
        etag="5", state=t.TICKET_STATE_SOLVED, message_count=2, owner_id="x", owner_name="Pia Roth"
    )
    messages = t.ListMessagesResponse(messages=[t.Message(body="Kratzer"), t.Message(body="Ist gelöst")])
    neighbours.answers["Tickets.GetTicket"] = lambda _: _ticket()
    neighbours.answers["Tickets.ListMessages"] = lambda _: messages
    client = log_in("agent")

    def refuse(_request: Any) -> StaleEtag:
        neighbours.answers["Tickets.GetTicket"] = lambda _: solved
        return StaleEtag()

    neighbours.answers["Tickets.AddMessage"] = refuse
    answer = _send(client, body="Wir melden uns.", state=str(t.TICKET_STATE_PENDING))
    assert answer.status_code == 409
    assert neighbours.of("Tickets.AddMessage")[0].etag == "3"
    assert neighbours.of("Tickets.UpdateTicket") == []
    for told in (
        "„Gelöst“, vorher war er „In Bearbeitung“",
        "1 Nachricht ist dazugekommen",
        "Pia Roth kümmert",
    ):
        assert told in answer.text
    assert answer.text.count("neu, seit Sie geöffnet haben") == 1
    assert "Wir melden uns." in _form(answer.text)
    # Who sends again has read it: the form carries the ticket as it is now.
    assert 'name="etag" type="hidden" value="5"' in _form(answer.text)


def test_the_text_of_a_reply_to_what_was_closed_meanwhile_is_not_lost(
    log_in: LogIn, neighbours: Neighbours
) -> None:
    neighbours.answers["Tickets.GetTicket"] = lambda _: _ticket()
    client = log_in("agent")

    def refuse(_request: Any) -> FailedPrecondition:
        neighbours.answers["Tickets.GetTicket"] = lambda _: _ticket(state=t.TICKET_STATE_CLOSED)
        return FailedPrecondition("The ticket is closed.", reason="TICKET_CLOSED")

    neighbours.answers["Tickets.AddMessage"] = refuse
    answer = _send(client, body="Wir melden uns.")
    assert answer.status_code == 409
    assert "Ihr Text steht noch hier" in answer.text
    assert "Wir melden uns." in answer.text.split("<textarea", 1)[1]


def test_a_mistake_in_the_form_does_not_hide_what_has_happened(log_in: LogIn, neighbours: Neighbours) -> None:
    neighbours.answers["Tickets.GetTicket"] = lambda _: _ticket()
    client = log_in("agent")
    answer = _send(client, body=" ", etag="2")
    assert answer.status_code == 400
    assert 'name="etag" type="hidden" value="2"' in _form(answer.text)


def test_a_reply_takes_a_free_ticket_unless_it_is_told_not_to(log_in: LogIn, neighbours: Neighbours) -> None:
    neighbours.answers["Tickets.GetTicket"] = lambda _: _ticket()
    client = log_in("agent")
    assert "Damit übernehme ich den Vorgang" in client.get(f"/tickets/{_ID}").text
    _send(client, body="Wir kommen.", take="y")
    _send(client, body="Wir kommen.")
    assert [request.take for request in neighbours.of("Tickets.AddMessage")] == [True, False]


def test_a_taken_ticket_can_be_given_back(log_in: LogIn, neighbours: Neighbours) -> None:
    mine = _ticket(owner_id="018f0000-0000-7000-8000-0000000000aa", owner_name="Jonas Weber")
    neighbours.answers["Tickets.GetTicket"] = lambda _: mine
    client = log_in("agent")
    page = client.get(f"/tickets/{_ID}").text
    assert "Vorgang wieder freigeben" in page
    assert "Damit übernehme ich" not in page
    fields = {"csrf_token": form_token(page), "request_id": str(uuid.uuid4()), "etag": "3", "release": "yes"}
    client.post(f"/tickets/{_ID}/change", data=fields)
    (asked,) = neighbours.of("Tickets.UpdateTicket")
    assert (asked.release, asked.take, asked.etag) == (True, False, "3")


def test_queues_are_asked_for_by_urgency_and_keep_their_filter(log_in: LogIn, neighbours: Neighbours) -> None:
    found = t.ListTicketsResponse(tickets=[_ticket()], total_size=1)
    neighbours.answers["Tickets.ListTickets"] = lambda _: found
    page = log_in("agent").get("/tickets?queue=free&priority=high").text
    (asked,) = neighbours.of("Tickets.ListTickets")
    assert (asked.order, list(asked.priorities)) == (t.TICKET_ORDER_URGENT, [t.TICKET_PRIORITY_HIGH])
    assert f"/tickets/{_ID}?queue=free&amp;priority=high" in page


def test_only_who_can_take_a_ticket_is_told_that_one_is_free(log_in: LogIn, neighbours: Neighbours) -> None:
    assert "Ohne Bearbeitung" in log_in("agent").get("/").text
    assert neighbours.of("Tickets.ListTickets")[0].order == t.TICKET_ORDER_URGENT
    assert "Ohne Bearbeitung" not in log_in("dpo").get("/").text
    assert log_in("sales").get("/").status_code == 200


def test_the_place_in_a_long_queue_is_kept_through_a_whole_answer(
    log_in: LogIn, neighbours: Neighbours
) -> None:
    other = _ticket(id=_CONTACT, number=10002)

    def listed(request: t.ListTicketsRequest) -> t.ListTicketsResponse:
        if request.page_token == "second":
            return t.ListTicketsResponse(tickets=[_ticket(), other])
        return t.ListTicketsResponse(tickets=[], next_page_token="second")

    neighbours.answers["Tickets.ListTickets"] = listed
    neighbours.answers["Tickets.GetTicket"] = lambda _: _ticket()
    client = log_in("agent")
    here = "queue=free&amp;page_token=second"
    assert f"/tickets/{_ID}?{here}" in client.get("/tickets?queue=free&page_token=second").text
    page = client.get(f"/tickets/{_ID}?queue=free&page_token=second").text
    assert f'href="/tickets/{_CONTACT}?{here}" data-next' in page
    hidden = {"queue": "free", "page_token": "second"}
    for name, value in hidden.items():
        assert f'name="{name}" value="{value}"' in _form(page)
    sent = _send(client, body="Wir kommen.", then="next", **hidden)
    assert sent.headers["Location"].startswith(f"/tickets/{_CONTACT}?queue=free&page_token=second")
    changed = client.post(
        f"/tickets/{_ID}/change",
        data={"csrf_token": form_token(page), "request_id": str(uuid.uuid4()), "take": "yes", **hidden},
    )
    assert changed.headers["Location"].startswith(f"/tickets/{_ID}?queue=free&page_token=second")


def test_another_queue_and_another_priority_begin_at_their_first_page(
    log_in: LogIn, neighbours: Neighbours
) -> None:
    neighbours.answers["Tickets.GetTicket"] = lambda _: _ticket()
    page = log_in("agent").get(f"/tickets/{_ID}?queue=free&page_token=second").text
    assert 'href="/tickets?queue=mine"' in page
    narrow = page.split('class="g-narrow"', 1)[1].split("</form>", 1)[0]
    assert "page_token" not in narrow


def test_beside_a_ticket_from_a_colleagues_link_stands_the_beginning_of_the_queue(
    log_in: LogIn, neighbours: Neighbours
) -> None:
    neighbours.answers["Tickets.ListTickets"] = lambda request: (
        InvalidArgument("no", reason="PAGE_TOKEN_INVALID", violations={"page_token": "x"})
        if request.page_token
        else t.ListTicketsResponse(tickets=[_ticket()])
    )
    neighbours.answers["Tickets.GetTicket"] = lambda _: _ticket()
    page = log_in("agent").get(f"/tickets/{_ID}?queue=free&page_token=old")
    assert page.status_code == 200
    assert "page_token=old" not in page.text.split("<main", 1)[1]
