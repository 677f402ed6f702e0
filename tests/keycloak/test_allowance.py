"""Real Keycloak says in a client's token what the client may, in the words that the services read."""

from __future__ import annotations

import jwt
import pytest
from kontor.contacts.v1.contacts_pb2 import ListContactsRequest
from kontor.contacts.v1.contacts_pb2_grpc import ContactsStub
from kontor.privacy.v1.privacy_pb2 import ListSuppressionsRequest
from kontor.privacy.v1.privacy_pb2_grpc import SuppressionsStub

from kernel.allowance import Allowance, allowance_of
from kontor_client import ClientCredentials, Connection, Failure
from tests.e2e.running import Running
from tests.fixtures import keycloak

pytestmark = [pytest.mark.slow, keycloak.GROUP]


def test_an_integrators_token_says_what_it_may(keycloak_stack: Running) -> None:
    env = keycloak_stack.env()
    credentials = ClientCredentials(
        issuer=env["KONTOR_OIDC_ISSUER"],
        client_id=env["KONTOR_CLIENT_ID"],
        client_secret=env["KONTOR_CLIENT_SECRET"],
    )
    claims = jwt.decode(credentials.token(), options={"verify_signature": False})
    assert claims["realm_access"]["roles"] == ["integrator"]
    assert allowance_of(claims, ["integrator"]) == Allowance(
        frozenset({"service", "marketing"}), per_second=200, burst=1_000, daily=200_000
    )


def test_the_published_client_comes_in_with_it_and_goes_no_further_than_its_role(
    keycloak_stack: Running,
) -> None:
    with Connection.from_environment(keycloak_stack.env()) as kontor:
        ContactsStub(kontor.channel("contacts")).ListContacts(ListContactsRequest())
        with pytest.raises(Failure, match="ROLE_MISSING"):
            SuppressionsStub(kontor.channel("privacy")).ListSuppressions(ListSuppressionsRequest())
