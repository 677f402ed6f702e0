"""Calls between services, with both providers: the user and the service are proven, and neither can do more."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import httpx
import pytest
from kontor.contacts.v1.contacts_pb2 import Contact, CreateContactRequest, GetContactRequest
from kontor.privacy.v1.privacy_pb2 import (
    CHANNEL_EMAIL,
    Address,
    AddSuppressionRequest,
    CheckSuppressionsRequest,
    ListConsentsRequest,
    ListSuppressionsRequest,
)
from kontor.tickets.v1.tickets_pb2 import CreateTicketRequest

from kernel.errors import DomainError, NotFound, PermissionDenied, Unauthenticated
from tests.e2e.calls import Caller, new_id
from tests.e2e.check import wait_for
from tests.e2e.world import World
from tests.fixtures import keycloak

pytestmark = pytest.mark.slow

_ACCESS = "urn:ietf:params:oauth:token-type:access_token"
_NOBODY = "018f0000-0000-7000-8000-000000000000"
_QUESTION = CheckSuppressionsRequest(addresses=[Address(channel=CHANNEL_EMAIL, value="a@b.example")])


def granted(world: World, client: str, **form: str) -> Caller:
    """Calls with what the realm gives this service for this form."""
    answer = httpx.post(
        f"{world.realm.issuer}/protocol/openid-connect/token",
        data=form,
        auth=(f"kontor-{client}", world.running.client_secret(client)),
        timeout=10,
    )
    token = str(answer.json()["access_token"])
    return Caller(world.env, lambda: token)


def exchanged(world: World, email: str, *, client: str, callee: str) -> Caller:
    """A user's token in the hands of a service, for another one."""
    return granted(
        world,
        client,
        grant_type="urn:ietf:params:oauth:grant-type:token-exchange",
        subject_token=str(world.realm.log_in(email)["access_token"]),
        subject_token_type=_ACCESS,
        audience=f"kontor-{callee}",
        scope=f"to-kontor-{callee}",
    )


def refused(kind: type[DomainError], call: Callable[[], Any]) -> str:
    with pytest.raises(kind) as caught:
        call()
    return caught.value.reason


@pytest.fixture(
    scope="module",
    params=[
        pytest.param("embedded", marks=pytest.mark.xdist_group("stack")),
        pytest.param("keycloak", marks=keycloak.GROUP),
    ],
)
def house(request: pytest.FixtureRequest) -> World:
    """A stack with its staff, once for each provider: only Keycloak proves that its realm exchanges tokens so."""
    if request.param == "embedded":
        return cast(World, request.getfixturevalue("world"))
    made = World(request.getfixturevalue("keycloak_stack"), say=lambda text: None)
    made.hire()
    return made


@pytest.fixture(scope="module")
def customer(house: World) -> str:
    """The address of a customer's account."""
    email = "im-auftrag@haus.example"
    house.realm.create_account(email, given="Ina", family="Auftrag")
    return email


def test_the_audit_names_the_agent_and_the_service_that_asked_for_them(house: World) -> None:
    contact = house.agent.contacts.CreateContact(
        CreateContactRequest(request_id=new_id(), contact=Contact(given_name="Otto", family_name="Beleg"))
    )
    house.agent.tickets.CreateTicket(
        CreateTicketRequest(request_id=new_id(), contact_id=contact.id, subject="Beleg", body="Bitte prüfen.")
    )
    question = "SELECT actor, client, roles FROM audit_entry WHERE method LIKE %s AND %s = ANY(subject_ids)"

    def entry(rpc: str) -> Any:
        with house.running.connect("contacts") as connection:
            return connection.execute(question, (f"%/{rpc}", contact.id)).fetchone()

    # What was only read is written down a moment later.
    actor, client, roles = wait_for(lambda: entry("BatchGetContacts"), "the audit entry")
    assert entry("CreateContact")[:2] == (actor, "kontor-gateway")
    assert client == "kontor-tickets"
    assert "agent" in roles
    assert "service" not in roles


def test_a_customer_in_a_services_hands_stays_a_customer(house: World, customer: str) -> None:
    caller = exchanged(house, customer, client="contacts", callee="privacy")
    # The one RPC whose rule says that contacts may ask it for anybody.
    assert list(caller.suppressions.CheckSuppressions(_QUESTION).suppressed) == [False]
    adding = AddSuppressionRequest(request_id=new_id())
    refused(PermissionDenied, lambda: caller.suppressions.AddSuppression(adding))
    refused(PermissionDenied, lambda: caller.suppressions.ListSuppressions(ListSuppressionsRequest()))
    refused(NotFound, lambda: caller.consents.ListConsents(ListConsentsRequest(contact_id=_NOBODY)))
    asking = GetContactRequest(contact_id=_NOBODY)
    assert refused(Unauthenticated, lambda: caller.contacts.GetContact(asking)) == "WRONG_AUDIENCE"
    caller.close()


def test_another_service_may_not_ask_it_for_a_customer(house: World, customer: str) -> None:
    for client in ("campaigns", "privacy"):
        caller = exchanged(house, customer, client=client, callee="privacy")
        refused(PermissionDenied, lambda caller=caller: caller.suppressions.CheckSuppressions(_QUESTION))  # type: ignore[misc]
        caller.close()


def test_the_customers_own_token_does_not_open_it(house: World, customer: str) -> None:
    caller = Caller(house.env, house.realm.person(customer))
    refused(PermissionDenied, lambda: caller.suppressions.CheckSuppressions(_QUESTION))
    caller.close()


def test_a_services_token_for_privacy_is_worthless_at_contacts(house: World) -> None:
    caller = granted(house, "campaigns", grant_type="client_credentials", scope="to-kontor-privacy")
    assert list(caller.suppressions.CheckSuppressions(_QUESTION).suppressed) == [False]
    asking = GetContactRequest(contact_id=_NOBODY)
    assert refused(Unauthenticated, lambda: caller.contacts.GetContact(asking)) == "WRONG_AUDIENCE"
    caller.close()
