"""The shape of tokens and metadata: what services and pages rely on, whichever provider issued them."""

import httpx
import jwt
import pytest

from kernel.allowance import Allowance, allowance_of
from tests.idp.browser import Browser, Portal
from tests.idp.stack import Idp, secret

BACKENDS = ["kontor-contacts", "kontor-campaigns", "kontor-tickets", "kontor-privacy"]


def verified(token: str, keys: jwt.PyJWKClient, *, audience: str, issuer: str) -> dict[str, object]:
    key = keys.get_signing_key_from_jwt(token)
    return jwt.decode(token, key.key, algorithms=["RS256"], audience=audience, issuer=issuer)


def test_discovery_names_doors_that_exist(idp: Idp) -> None:
    found = httpx.get(f"{idp.issuer}/.well-known/openid-configuration").json()
    assert found["issuer"] == idp.issuer
    assert found["code_challenge_methods_supported"] == ["S256"]
    doors = [value for name, value in found.items() if name.endswith(("_endpoint", "_uri"))]
    assert len(doors) == 6
    assert all(httpx.get(door).status_code != 404 for door in doors)


def test_a_persons_access_token_has_keycloaks_shape(
    idp: Idp, portal: Portal, browser: Browser, keys: jwt.PyJWKClient
) -> None:
    token = portal.fetch(browser.sign_in(portal.authorize_url()))["access_token"]
    header = jwt.get_unverified_header(token)
    assert (header["alg"], header["typ"]) == ("RS256", "JWT")
    claims = verified(token, keys, audience="kontor-privacy", issuer=idp.issuer)
    assert sorted(claims["aud"]) == sorted(BACKENDS)  # type: ignore[call-overload]
    assert claims["realm_access"] == {"roles": ["customer"]}
    assert claims["exp"] - claims["iat"] == 300  # type: ignore[operator]
    expected = {
        "typ": "Bearer",
        "azp": "kontor-portal",
        "acr": "1",
        "scope": "openid email profile",
        "email": "kunde@demo.example",
        "email_verified": True,
        "name": "Annika Sommer",
        "given_name": "Annika",
        "family_name": "Sommer",
        "preferred_username": "kunde@demo.example",
        "locale": "de",
    }
    assert expected.items() <= claims.items()
    assert {"sub", "sid", "jti", "auth_time"} <= claims.keys()


def test_the_id_token_is_for_the_client_and_carries_the_nonce(
    idp: Idp, portal: Portal, browser: Browser, keys: jwt.PyJWKClient
) -> None:
    token = portal.fetch(browser.sign_in(portal.authorize_url(nonce="n-1")))
    claims = verified(token["id_token"], keys, audience="kontor-portal", issuer=idp.issuer)
    assert (claims["typ"], claims["aud"], claims["nonce"]) == ("ID", "kontor-portal", "n-1")
    assert claims["sid"] == token["session_state"]


@pytest.mark.parametrize(
    ("client", "callee"),
    [
        ("kontor-contacts", "kontor-privacy"),
        ("kontor-campaigns", "kontor-contacts"),
        ("kontor-tickets", "kontor-contacts"),
        ("kontor-privacy", "kontor-tickets"),
        ("kontor-portal", "kontor-tickets"),
        ("kontor-gateway", "kontor-tickets"),
        ("kontor-integrator", "kontor-tickets"),
    ],
)
def test_every_client_acts_as_its_own_service_account(
    idp: Idp, keys: jwt.PyJWKClient, client: str, callee: str
) -> None:
    answer = idp.service_token(client, **({"scope": f"to-{callee}"} if client in BACKENDS else {})).json()
    claims = verified(answer["access_token"], keys, audience=callee, issuer=idp.issuer)
    role = "integrator" if client == "kontor-integrator" else "service"
    assert claims["realm_access"] == {"roles": [role]}
    assert (claims["azp"], claims["client_id"]) == (client, client)
    assert "sid" not in claims
    assert "refresh_token" not in answer


def test_an_integrators_token_says_what_it_may(idp: Idp) -> None:
    def claims(client: str) -> dict[str, object]:
        token = idp.service_token(client).json()["access_token"]
        found: dict[str, object] = jwt.decode(token, options={"verify_signature": False})
        return found

    given = allowance_of(claims("kontor-integrator"), ["integrator"])
    assert given == Allowance(frozenset({"service", "marketing"}), per_second=200, burst=1_000, daily=200_000)
    assert allowance_of(claims("kontor-contacts"), ["service"]) is None


def test_the_administrators_token_opens_no_service(idp: Idp) -> None:
    claims = jwt.decode(
        idp.service_token("kontor-admin").json()["access_token"], options={"verify_signature": False}
    )
    assert claims.keys().isdisjoint({"aud", "realm_access"})


def test_a_secret_may_also_come_in_the_form(idp: Idp) -> None:
    form = {
        "grant_type": "client_credentials",
        "client_id": "kontor-contacts",
        "client_secret": secret("contacts"),
    }
    assert httpx.post(idp.door("token"), data=form).status_code == 200


@pytest.mark.parametrize("client", ["kontor-contacts", "kontor-nobody"])
def test_a_wrong_secret_gets_nothing(idp: Idp, client: str) -> None:
    form = {"grant_type": "client_credentials"}
    answer = httpx.post(idp.door("token"), data=form, auth=(client, "wrong"))
    assert answer.status_code == 401
    assert answer.json()["error"] == "invalid_client"


def test_no_secret_gets_nothing(idp: Idp) -> None:
    form = {"grant_type": "client_credentials", "client_id": "kontor-contacts"}
    assert httpx.post(idp.door("token"), data=form).json()["error"] == "invalid_client"


def test_the_password_grant_is_closed(idp: Idp) -> None:
    form = {"grant_type": "password", "username": "kunde@demo.example", "password": "kontor-demo"}
    answer = httpx.post(idp.door("token"), data=form, auth=("kontor-portal", secret("kontor-portal")))
    assert answer.json()["error"] == "unsupported_grant_type"


def test_userinfo_answers_while_the_session_stands(idp: Idp, portal: Portal, browser: Browser) -> None:
    token = portal.fetch(browser.sign_in(portal.authorize_url()))
    headers = {"Authorization": f"Bearer {token['access_token']}"}
    assert httpx.get(idp.door("userinfo"), headers=headers).json()["email"] == "kunde@demo.example"
    httpx.get(idp.door("logout"), params={"id_token_hint": token["id_token"]})
    assert httpx.get(idp.door("userinfo"), headers=headers).status_code == 401
    assert httpx.get(idp.door("userinfo")).status_code == 401
