"""Token exchange (RFC 8693) as Keycloak does it, and service tokens that are good at one callee only."""

from typing import Any

import httpx
import jwt
import pytest

from tests.idp.browser import Browser, Portal
from tests.idp.stack import Idp, secret
from tests.idp.test_tokens import verified

GRANT = "urn:ietf:params:oauth:grant-type:token-exchange"
ACCESS = "urn:ietf:params:oauth:token-type:access_token"


def exchange(idp: Idp, token: str, *, client: str = "kontor-contacts", **form: str) -> httpx.Response:
    """Ask for a token for privacy in exchange for this one."""
    wish = {
        "grant_type": GRANT,
        "subject_token": token,
        "subject_token_type": ACCESS,
        "audience": "kontor-privacy",
        "scope": "to-kontor-privacy",
    } | form
    return httpx.post(idp.door("token"), data=wish, auth=(client, secret(client)))


@pytest.fixture
def token(portal: Portal, browser: Browser) -> dict[str, Any]:
    """A customer's login at the portal."""
    return portal.fetch(browser.sign_in(portal.authorize_url()))


def test_the_new_token_names_the_user_the_requester_and_one_callee(
    idp: Idp, token: dict[str, Any], keys: jwt.PyJWKClient
) -> None:
    answer = exchange(idp, token["access_token"], requested_token_type=ACCESS).json()
    assert (answer["issued_token_type"], answer["token_type"]) == (ACCESS, "Bearer")
    assert "refresh_token" not in answer
    before = jwt.decode(token["access_token"], options={"verify_signature": False})
    after = verified(answer["access_token"], keys, audience="kontor-privacy", issuer=idp.issuer)
    assert (after["aud"], after["azp"], after["typ"]) == ("kontor-privacy", "kontor-contacts", "Bearer")
    assert [after[name] for name in ("sub", "sid", "realm_access")] == [
        before[name] for name in ("sub", "sid", "realm_access")
    ]


def test_it_can_be_exchanged_on_by_its_callee_and_by_nobody_else(idp: Idp, token: dict[str, Any]) -> None:
    first = exchange(idp, token["access_token"]).json()["access_token"]
    on = {"audience": "kontor-contacts", "scope": "to-kontor-contacts"}
    assert exchange(idp, first, client="kontor-privacy", **on).status_code == 200
    refused = exchange(idp, first, client="kontor-tickets", **on)
    assert (refused.status_code, refused.json()["error"]) == (403, "access_denied")


def test_only_clients_that_may_exchange(idp: Idp, token: dict[str, Any]) -> None:
    refused = exchange(idp, token["access_token"], client="kontor-portal")
    assert refused.json()["error"] == "invalid_request"
    assert exchange(idp, token["access_token"], client="kontor-integrator").status_code == 400


@pytest.mark.parametrize(
    ("wish", "error"),
    [
        ({"audience": "kontor-tickets"}, "invalid_request"),
        ({"audience": "kontor-tickets", "scope": "to-kontor-tickets"}, "invalid_scope"),
        ({"scope": "openid"}, "invalid_request"),
        ({"audience": "kontor-nobody"}, "invalid_client"),
        ({"subject_token_type": "urn:ietf:params:oauth:token-type:id_token"}, "invalid_request"),
        ({"requested_token_type": "urn:ietf:params:oauth:token-type:refresh_token"}, "invalid_request"),
        ({"subject_token": "abc"}, "invalid_request"),
        ({"subject_token": ""}, "invalid_request"),
    ],
)
def test_what_may_not_be_had_is_refused(
    idp: Idp, token: dict[str, Any], wish: dict[str, str], error: str
) -> None:
    assert exchange(idp, token["access_token"], **wish).json()["error"] == error


def test_other_tokens_of_the_login_are_not_exchanged(idp: Idp, token: dict[str, Any]) -> None:
    for other in ("refresh_token", "id_token"):
        assert exchange(idp, token[other]).json()["error"] == "invalid_request"


def test_after_the_logout_nothing_is_given_any_more(idp: Idp, token: dict[str, Any]) -> None:
    httpx.get(idp.door("logout"), params={"id_token_hint": token["id_token"]})
    assert exchange(idp, token["access_token"]).json()["error"] == "invalid_request"


def test_a_machines_token_is_exchanged_too(idp: Idp) -> None:
    given = idp.service_token("kontor-integrator").json()["access_token"]
    claims = jwt.decode(exchange(idp, given).json()["access_token"], options={"verify_signature": False})
    assert (claims["azp"], claims["realm_access"]) == ("kontor-contacts", {"roles": ["integrator"]})


@pytest.mark.parametrize(
    ("client", "callees"),
    [
        ("kontor-contacts", {"kontor-privacy"}),
        ("kontor-campaigns", {"kontor-contacts", "kontor-privacy"}),
        ("kontor-tickets", {"kontor-contacts"}),
        ("kontor-privacy", {"kontor-contacts", "kontor-campaigns", "kontor-tickets", "kontor-privacy"}),
    ],
)
def test_a_services_own_token_is_for_the_one_callee_it_asked_for(
    idp: Idp, client: str, callees: set[str]
) -> None:
    every = ("kontor-contacts", "kontor-campaigns", "kontor-tickets", "kontor-privacy")
    for callee in every:
        answer = idp.service_token(client, scope=f"to-{callee}").json()
        if callee in callees:
            claims = jwt.decode(answer["access_token"], options={"verify_signature": False})
            assert claims["aud"] == callee
        else:
            assert answer["error"] == "invalid_scope"
    bare = jwt.decode(idp.service_token(client).json()["access_token"], options={"verify_signature": False})
    assert "aud" not in bare
