"""What people meet: language, failed attempts, forged forms, registering and confirming an address."""

import re
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import jwt
import pytest
from aiosmtpd.controller import Controller

from tests.idp import stack
from tests.idp.browser import PASSWORD, Browser, Portal

NEW = {
    "firstName": "Nora",
    "lastName": "Nagel",
    "email": "nora@demo.example",
    "password": "nora-nagel-1",
    "password-confirm": "nora-nagel-1",
}


class Mailbox:
    """Takes every mail and keeps it."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 OK"

    def link(self) -> str:
        found = re.search(r"http://\S+", self.mails[-1].get_content())
        assert found
        return found.group(0)


@pytest.fixture
def mailbox() -> Iterator[tuple[Mailbox, int]]:
    box, port = Mailbox(), stack.free_port()
    server = Controller(box, hostname="127.0.0.1", port=port)
    server.start()
    yield box, port
    server.stop()


@pytest.fixture
def mailing_idp(mailbox: tuple[Mailbox, int], tmp_path: Path) -> Iterator[stack.Idp]:
    running = stack.start(tmp_path, KONTOR_SMTP_PORT=str(mailbox[1]))
    yield running
    running.stop()


@pytest.fixture
def mailing_portal(mailing_idp: stack.Idp) -> Iterator[Portal]:
    client = Portal(mailing_idp)
    yield client
    client.oauth.close()


@pytest.mark.parametrize(
    ("accept", "asked", "heading"),
    [
        ("de-AT,de;q=0.9", "", "Bei „Kundenportal“ anmelden"),
        ("en-GB", "", "Sign in to “Kundenportal”"),
        ("fr", "", "Bei „Kundenportal“ anmelden"),
        ("de", "en", "Sign in to “Kundenportal”"),
        ("en", "fr de", "Bei „Kundenportal“ anmelden"),
    ],
)
def test_the_page_speaks_the_visitors_language(portal: Portal, accept: str, asked: str, heading: str) -> None:
    parameters = {"ui_locales": asked} if asked else {}
    with Browser(language=accept).http as http:
        page = http.get(portal.authorize_url(**parameters))
    assert f"<h1>{heading}</h1>" in page.text


def test_only_customers_may_make_themselves_an_account(
    idp: stack.Idp, portal: Portal, browser: Browser
) -> None:
    assert "Registrieren" in browser.http.get(portal.authorize_url()).text
    gateway = Portal(idp, client="kontor-gateway", callback=f"{stack.GATEWAY}/login/callback")
    page = browser.http.get(gateway.authorize_url())
    assert "Bei „Mitarbeiterportal“ anmelden" in page.text
    assert "Registrieren" not in page.text
    # The link is not only hidden: its address, guessed, leads nowhere either.
    guessed = gateway.authorize_url().replace("/auth?", "/registrations?")
    assert browser.http.get(guessed).status_code == 403


def test_a_wrong_password_says_so_and_keeps_the_name(portal: Portal, browser: Browser) -> None:
    page = browser.sign_in(portal.authorize_url(), password="wrong")
    assert page.status_code == 401
    assert "stimmt nicht" in page.text
    assert 'value="kunde@demo.example"' in page.text
    assert browser.submit(page, username="kunde@demo.example", password=PASSWORD).status_code == 302


def test_an_unknown_person_gets_the_same_answer(portal: Portal, browser: Browser) -> None:
    known = browser.sign_in(portal.authorize_url(), password="wrong")
    unknown = browser.sign_in(portal.authorize_url(), login="nobody@demo.example", password="wrong")
    assert (known.status_code, unknown.status_code) == (401, 401)
    assert "stimmt nicht" in unknown.text


@pytest.mark.parametrize("login", ["marketing@demo.example", "ghost@demo.example"])
def test_guessing_has_to_wait_even_with_the_right_password(
    portal: Portal, browser: Browser, login: str
) -> None:
    for _ in range(5):
        assert browser.sign_in(portal.authorize_url(), login=login, password="wrong").status_code == 401
    page = browser.sign_in(portal.authorize_url(), login=login.upper())
    assert page.status_code == 429
    assert re.search(r"in \d+ Sekunden", page.text)


def test_a_forged_form_signs_nobody_in(portal: Portal, browser: Browser) -> None:
    page = browser.http.get(portal.authorize_url())
    target = page.url.copy_with(path="/realms/kontor/login-actions/authenticate")
    form = {"username": "kunde@demo.example", "password": PASSWORD}
    assert browser.http.post(target, data=form).status_code == 400
    assert browser.http.post(target, data={**form, "csrf": "guess"}).status_code == 400


def test_pages_run_no_script_and_may_not_be_framed(portal: Portal, browser: Browser) -> None:
    page = browser.http.get(portal.authorize_url())
    rules = page.headers["content-security-policy"]
    assert "default-src 'none'" in rules
    assert "frame-ancestors 'none'" in rules
    assert f"form-action 'self' {stack.PORTAL};" in rules
    assert "<script" not in page.text
    assert "HttpOnly" in page.headers["set-cookie"]


def test_what_a_visitor_sends_is_shown_as_text(portal: Portal, browser: Browser) -> None:
    page = browser.http.get(portal.authorize_url(login_hint='"><script>alert(1)</script>'))
    assert "<script" not in page.text


def test_an_address_counts_only_after_the_mailed_link(
    mailing_portal: Portal, browser: Browser, mailbox: tuple[Mailbox, int]
) -> None:
    box = mailbox[0]
    page = browser.http.get(mailing_portal.authorize_url(prompt="create"), follow_redirects=True)
    assert "Sie in Ihr Postfach" in browser.submit(page, **NEW).text
    too_early = browser.sign_in(mailing_portal.authorize_url(), login=NEW["email"], password=NEW["password"])
    assert too_early.status_code == 200
    assert len(box.mails) == 2
    looked = browser.http.get(box.link())
    assert "Ja, bestätigen" in looked.text
    assert (
        "location"
        not in browser.sign_in(
            mailing_portal.authorize_url(), login=NEW["email"], password=NEW["password"]
        ).headers
    )
    assert "Ihre Adresse ist bestätigt" in browser.submit(looked).text
    answer = browser.sign_in(mailing_portal.authorize_url(), login=NEW["email"], password=NEW["password"])
    claims = jwt.decode(mailing_portal.fetch(answer)["access_token"], options={"verify_signature": False})
    assert claims["email_verified"] is True
    assert "customer" in claims["realm_access"]["roles"]
    assert claims["name"] == "Nora Nagel"


def test_registering_a_known_address_tells_only_its_owner(
    mailing_portal: Portal, browser: Browser, mailbox: tuple[Mailbox, int]
) -> None:
    page = browser.http.get(mailing_portal.authorize_url(prompt="create"), follow_redirects=True)
    answer = browser.submit(page, **{**NEW, "email": "kunde@demo.example"})
    assert "Sie in Ihr Postfach" in answer.text
    assert mailbox[0].mails[0]["Subject"] == "Sie haben bereits ein Konto"


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("lastName", "  ", "alle Felder"),
        ("email", "not an address", "keine gültige"),
        ("password-confirm", "something else", "verschieden"),
    ],
)
def test_a_wrong_registration_says_what_is_wrong(
    portal: Portal, browser: Browser, field: str, value: str, problem: str
) -> None:
    page = browser.http.get(portal.authorize_url(prompt="create"), follow_redirects=True)
    answer = browser.submit(page, **{**NEW, field: value})
    assert answer.status_code == 400
    assert problem in answer.text
    assert 'value="Nora"' in answer.text


def test_a_mail_server_that_is_down_loses_no_registration(tmp_path: Path, browser: Browser) -> None:
    idp = stack.start(tmp_path, KONTOR_SMTP_PORT=str(stack.free_port()))
    portal = Portal(idp)
    try:
        page = browser.http.get(portal.authorize_url(prompt="create"), follow_redirects=True)
        answer = browser.submit(page, **NEW)
        assert (answer.status_code, "Ihr Konto ist angelegt" in answer.text) == (503, True)
    finally:
        portal.oauth.close()
        idp.stop()


def test_a_made_up_link_confirms_nothing(idp: stack.Idp, browser: Browser) -> None:
    answer = browser.http.get(f"{idp.issuer}/login-actions/action-token", params={"key": "a.b.c"})
    assert answer.status_code == 400
    assert "gilt nicht mehr" in answer.text
