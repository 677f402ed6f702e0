"""One trace shows a click in the gateway, the services it reaches, the fact, and the consumer of the fact."""

from __future__ import annotations

import pytest
from kontor.contacts.v1.contacts_pb2 import Contact, CreateContactRequest
from kontor.tickets.v1.tickets_pb2 import CreateTicketRequest

from tests.e2e.browser import Browser
from tests.e2e.calls import new_id
from tests.e2e.check import wait_for
from tests.e2e.collector import Collector
from tests.e2e.steps.s05_ticket import log_in
from tests.e2e.world import World

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("stack")]

PERSONAL = (
    "Quastenflosser",
    "quastenflosser@spur.example",
    "Wo bleibt der Rollcontainer",
    "Er rollt gerade an",
)


def test_a_click_in_the_gateway_is_followed_to_the_consumer(world: World, collector: Collector) -> None:
    ticket_id = _open_ticket(world)
    with Browser() as desk:
        log_in(desk, f"{world.gateway}/tickets", world.login_of("agent"))
        page = desk.get(f"{world.gateway}/tickets/{ticket_id}")
        assert page.form(field="body").submit(body=PERSONAL[3]).status == 200
    # Each process exports in its own rhythm, every few seconds.
    wait_for(lambda: _followed(collector), "one trace from the click to the consumer", seconds=60)
    # No span of any process says who it was about, or what was said.
    told = [value for value in PERSONAL for span in collector.spans if value in span.text]
    assert told == []


def _followed(collector: Collector) -> bool:
    trace = collector.trace_of("kontor-contacts", "tickets.message.added process")
    names = {(span.service, span.name) for span in trace}
    clicked = any(
        service == "kontor-gateway" and name.startswith("POST /tickets/<") for service, name in names
    )
    return clicked and ("kontor-tickets", "kontor.tickets.v1.Tickets/AddMessage") in names


def _open_ticket(world: World) -> str:
    contact = world.agent.contacts.CreateContact(
        CreateContactRequest(request_id=new_id(), contact=Contact(family_name=PERSONAL[0], email=PERSONAL[1]))
    )
    ticket = world.agent.tickets.CreateTicket(
        CreateTicketRequest(request_id=new_id(), contact_id=contact.id, subject=PERSONAL[2], body=PERSONAL[2])
    )
    return ticket.id
