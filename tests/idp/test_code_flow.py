"""Authorization code with PKCE, refresh and its rotation, sign-out: also in the wrong order and by the wrong party."""

import httpx
import pytest

from tests.idp.browser import Browser, Portal, query_of
from tests.idp.stack import GATEWAY, PORTAL, Idp


def test_signing_in_comes_back_with_the_state(portal: Portal, browser: Browser) -> None:
    answer = browser.sign_in(portal.authorize_url(state="s-1"))
    assert answer.status_code == 302
    assert answer.headers["location"].startswith(f"{PORTAL}/login/callback?")
    assert query_of(answer)["state"] == "s-1"
    assert query_of(answer)["iss"] == portal.idp.issuer


def test_a_second_client_needs_no_second_password(idp: Idp, portal: Portal, browser: Browser) -> None:
    first = portal.fetch(browser.sign_in(portal.authorize_url()))
    gateway = Portal(idp, client="kontor-gateway", callback=f"{GATEWAY}/login/callback")
    second = gateway.fetch(browser.http.get(gateway.authorize_url()))
    assert first["session_state"] == second["session_state"]


def test_prompt_none_never_shows_a_page(portal: Portal, browser: Browser) -> None:
    answer = browser.http.get(portal.authorize_url(prompt="none"))
    assert query_of(answer)["error"] == "login_required"
    assert query_of(answer)["iss"] == portal.idp.issuer


def test_without_a_challenge_there_is_no_code(portal: Portal, browser: Browser) -> None:
    url, _ = portal.oauth.create_authorization_url(portal.idp.door("auth"))
    assert query_of(browser.http.get(url))["error"] == "invalid_request"


def test_a_plain_challenge_is_refused(portal: Portal, browser: Browser) -> None:
    url, _ = portal.oauth.create_authorization_url(
        portal.idp.door("auth"), code_challenge="a" * 43, code_challenge_method="plain"
    )
    assert query_of(browser.http.get(url))["error"] == "invalid_request"


def test_a_wrong_verifier_burns_the_code(portal: Portal, browser: Browser) -> None:
    code = query_of(browser.sign_in(portal.authorize_url()))["code"]
    assert portal.redeem(code, code_verifier="b" * 64).json()["error"] == "invalid_grant"
    assert portal.redeem(code, code_verifier=portal.verifier).json()["error"] == "invalid_grant"


def test_a_missing_verifier_is_refused(portal: Portal, browser: Browser) -> None:
    code = query_of(browser.sign_in(portal.authorize_url()))["code"]
    assert portal.redeem(code).status_code == 400


def test_using_a_code_twice_ends_what_the_first_use_gave(portal: Portal, browser: Browser) -> None:
    code = query_of(browser.sign_in(portal.authorize_url()))["code"]
    first = portal.redeem(code, code_verifier=portal.verifier)
    assert first.status_code == 200
    assert portal.redeem(code, code_verifier=portal.verifier).json()["error"] == "invalid_grant"
    assert portal.refresh(first.json()["refresh_token"]).json()["error"] == "invalid_grant"


def test_a_code_is_worthless_to_another_client(idp: Idp, portal: Portal, browser: Browser) -> None:
    code = query_of(browser.sign_in(portal.authorize_url()))["code"]
    thief = Portal(idp, client="kontor-gateway", callback=portal.callback)
    assert thief.redeem(code, code_verifier=portal.verifier).json()["error"] == "invalid_grant"
    assert portal.redeem(code, code_verifier=portal.verifier).status_code == 200


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/login/callback",
        f"{PORTAL}/login/callback/../../elsewhere",
        f"{PORTAL}/login/callback#fragment",
        f"{PORTAL}.evil.example/login/callback",
        f"{PORTAL}/",
    ],
)
def test_an_unregistered_address_is_never_followed(idp: Idp, browser: Browser, address: str) -> None:
    answer = browser.http.get(Portal(idp, callback=address).authorize_url())
    assert answer.status_code == 400
    assert "location" not in answer.headers


def test_an_unknown_client_sees_a_page_and_no_redirect(idp: Idp, browser: Browser) -> None:
    answer = browser.http.get(Portal(idp, client="kontor-nobody").authorize_url())
    assert answer.status_code == 400
    assert "<h1>So geht es nicht weiter</h1>" in answer.text


def test_refreshing_rotates(portal: Portal, browser: Browser) -> None:
    first = portal.fetch(browser.sign_in(portal.authorize_url()))
    second = portal.refresh(first["refresh_token"]).json()
    assert second["refresh_token"] != first["refresh_token"]
    assert second["session_state"] == first["session_state"]
    assert second["id_token"]
    assert portal.refresh(second["refresh_token"]).status_code == 200


def test_a_reused_refresh_token_ends_the_whole_family(portal: Portal, browser: Browser) -> None:
    first = portal.fetch(browser.sign_in(portal.authorize_url()))
    second = portal.refresh(first["refresh_token"]).json()
    assert portal.refresh(first["refresh_token"]).json()["error"] == "invalid_grant"
    assert portal.refresh(second["refresh_token"]).json()["error"] == "invalid_grant"


def test_a_revoked_refresh_token_is_dead(idp: Idp, portal: Portal, browser: Browser) -> None:
    token = portal.fetch(browser.sign_in(portal.authorize_url()))["refresh_token"]
    auth = (portal.oauth.client_id, portal.oauth.client_secret)
    assert httpx.post(idp.door("revoke"), data={"token": token}, auth=auth).status_code == 200
    assert portal.refresh(token).json()["error"] == "invalid_grant"


def test_signing_out_comes_back_and_ends_everything(idp: Idp, portal: Portal, browser: Browser) -> None:
    token = portal.fetch(browser.sign_in(portal.authorize_url()))
    wish = {"id_token_hint": token["id_token"], "post_logout_redirect_uri": f"{PORTAL}/", "state": "bye"}
    answer = browser.http.get(idp.door("logout"), params=wish)
    assert answer.headers["location"] == f"{PORTAL}/?state=bye"
    assert portal.refresh(token["refresh_token"]).json()["error"] == "invalid_grant"
    assert "kc-form-login" in browser.http.get(portal.authorize_url()).text


def test_signing_out_goes_nowhere_unregistered(idp: Idp, portal: Portal, browser: Browser) -> None:
    token = portal.fetch(browser.sign_in(portal.authorize_url()))
    wish = {"id_token_hint": token["id_token"], "post_logout_redirect_uri": "https://evil.example/"}
    answer = browser.http.get(idp.door("logout"), params=wish)
    assert (answer.status_code, "location" in answer.headers) == (200, False)
    assert "Sie sind abgemeldet" in answer.text


def test_signing_out_without_proof_asks_first(idp: Idp, portal: Portal, browser: Browser) -> None:
    token = portal.fetch(browser.sign_in(portal.authorize_url()))
    wish = {"client_id": "kontor-portal", "post_logout_redirect_uri": f"{PORTAL}/"}
    page = browser.http.get(idp.door("logout"), params=wish)
    assert page.status_code == 200
    refreshed = portal.refresh(token["refresh_token"])
    assert refreshed.status_code == 200
    assert browser.submit(page).headers["location"] == f"{PORTAL}/"
    assert portal.refresh(refreshed.json()["refresh_token"]).json()["error"] == "invalid_grant"


def test_somebody_elses_id_token_is_no_proof(idp: Idp) -> None:
    wish = {"id_token_hint": "a.b.c", "post_logout_redirect_uri": f"{PORTAL}/"}
    assert httpx.get(idp.door("logout"), params=wish).status_code == 400
