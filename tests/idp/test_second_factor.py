"""The second factor: demanded by role, set up at the first sign-in, each code good once, guesses counted."""

import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from keycloak import KeycloakAdmin

from devstack.code import demo_secrets
from devstack.idp import totp
from tests.idp import stack
from tests.idp.browser import PASSWORD, Browser, Portal

OFFICER = "datenschutz@demo.example"
# RFC 6238, appendix B: the secret's twenty bytes in base 32, and the last six of the eight digits given there.
RFC_SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"


@pytest.fixture
def own_portal(own_idp: stack.Idp) -> Any:
    client = Portal(own_idp)
    yield client
    client.oauth.close()


def code_for(login: str, *, later: int = 0) -> str:
    return totp.code(demo_secrets()[login], step=totp.present_step() + later)


def to_the_code(portal: Portal, browser: Browser, login: str = OFFICER) -> httpx.Response:
    """Past the password."""
    page = browser.sign_in(portal.authorize_url(), login=login)
    assert page.status_code == 200
    assert "kc-otp-login-form" in page.text
    return page


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (2000000000, "279037")],
)
def test_codes_are_those_of_the_rfc(seconds: int, expected: str) -> None:
    assert totp.code(RFC_SECRET, step=seconds // totp.PERIOD_S) == expected


def test_a_secret_that_is_not_base_32_is_refused() -> None:
    with pytest.raises(ValueError, match="base 32"):
        totp.code("not a secret!")


@pytest.mark.parametrize("login", [OFFICER, "admin@demo.example"])
def test_password_and_code_sign_in(portal: Portal, browser: Browser, login: str) -> None:
    answer = browser.submit(to_the_code(portal, browser, login), otp=code_for(login))
    assert answer.status_code == 302
    assert portal.fetch(answer)["access_token"]


def test_without_the_code_there_is_no_session(own_portal: Portal, browser: Browser) -> None:
    to_the_code(own_portal, browser)
    assert "kc-form-login" in browser.http.get(own_portal.authorize_url()).text


def test_a_code_serves_once(own_portal: Portal, browser: Browser) -> None:
    code = code_for(OFFICER)
    assert browser.submit(to_the_code(own_portal, browser), otp=code).status_code == 302
    elsewhere = Browser()
    again = elsewhere.submit(to_the_code(own_portal, elsewhere), otp=code)
    assert (again.status_code, "schon benutzt" in again.text) == (401, True)


@pytest.mark.parametrize("later", [-2, 2, 1000])
def test_a_code_of_another_time_is_wrong(own_portal: Portal, browser: Browser, later: int) -> None:
    page = to_the_code(own_portal, browser)
    assert browser.submit(page, otp=code_for(OFFICER, later=later)).status_code == 401


@pytest.mark.parametrize("typed", ["", "12345", "１２３４５６", "0' OR 1=1", "9" * 5000])
def test_what_is_no_code_is_wrong(own_portal: Portal, browser: Browser, typed: str) -> None:
    assert browser.submit(to_the_code(own_portal, browser), otp=typed).status_code == 401


def test_a_known_password_buys_no_free_guesses(own_portal: Portal, browser: Browser) -> None:
    for _ in range(5):
        guessed = browser.submit(to_the_code(own_portal, browser), otp="000000")
        assert guessed.status_code == 401
    assert browser.sign_in(own_portal.authorize_url(), login=OFFICER).status_code == 429


def test_a_code_without_a_password_before_it_leads_back(portal: Portal, browser: Browser) -> None:
    page = browser.http.get(portal.authorize_url())
    target = page.url.copy_with(path="/realms/kontor/login-actions/second-factor")
    found = re.search(r'name="csrf" value="([^"]+)"', page.text)
    assert found
    answer = browser.http.post(target, data={"csrf": found.group(1), "otp": code_for(OFFICER)})
    assert (answer.status_code, "zu lange gedauert" in answer.text) == (400, True)
    assert "kc-form-login" in answer.text


def test_who_has_no_factor_yet_sets_one_up(own_idp: stack.Idp, own_portal: Portal, browser: Browser) -> None:
    admin = KeycloakAdmin(
        server_url=f"{own_idp.origin}/",
        realm_name="kontor",
        client_id="kontor-admin",
        client_secret_key=stack.secret("kontor-admin"),
    )
    person = {
        "username": "neu@demo.example",
        "email": "neu@demo.example",
        "emailVerified": True,
        "enabled": True,
        "credentials": [{"type": "password", "value": PASSWORD}],
    }
    admin.assign_realm_roles(str(admin.create_user(person)), [admin.get_realm_role("dpo")])
    page = to_the_code(own_portal, browser, "neu@demo.example")
    found = re.search(r'id="kc-totp-secret-key">([A-Z2-7]+)<', page.text)
    assert found
    secret = found.group(1)
    wrong = browser.submit(page, otp="000000")
    assert (wrong.status_code, secret in wrong.text) == (401, True)
    assert browser.submit(wrong, otp=totp.code(secret)).status_code == 302
    elsewhere = Browser()
    later = to_the_code(own_portal, elsewhere, "neu@demo.example")
    assert secret not in later.text
    # The code that set it up is used up; the next one is good.
    next_code = totp.code(secret, step=totp.present_step() + 1)
    assert elsewhere.submit(later, otp=next_code).status_code == 302


def test_others_are_not_asked(portal: Portal, browser: Browser) -> None:
    assert browser.sign_in(portal.authorize_url(), login="leitung@demo.example").status_code == 302


def test_a_restart_forgets_no_used_code(tmp_path: Path, browser: Browser) -> None:
    port = stack.free_port()
    first = stack.start(tmp_path, port=port)
    portal = Portal(first)
    code = code_for(OFFICER)
    assert browser.submit(to_the_code(portal, browser), otp=code).status_code == 302
    first.stop()
    second = stack.start(tmp_path, port=port)
    try:
        elsewhere = Browser()
        assert elsewhere.submit(to_the_code(portal, elsewhere), otp=code).status_code == 401
    finally:
        second.stop()
        portal.oauth.close()
