"""The portal's doors without any service behind them: who may come in, and what is said when nobody answers."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from kernel.errors import PermissionDenied
from kernel.web.access import access_of
from services.portal.app import create_app
from services.portal.config import PortalSettings
from tests.architecture.tree import ROOT
from tests.e2e.screenshots import PORTAL, unpictured
from tests.fixtures.postgres import PostgresUrl
from tests.web import sample
from tests.web.neighbours import Neighbours
from tests.web.people import STAFF, browser_of, login_of

# Open to everybody on purpose; whoever adds a public page adds it here and thinks twice.
PUBLIC = {
    "access.invitation",
    "asking.ask",
    "asking.confirm",
    "asking.sent",
    "healthz",
    "home.start",
    "identity.enter",
    "login.backchannel",
    "login.callback",
    "login.end",
    "login.start",
    "newsletter.confirm",
    "newsletter.sent",
    "newsletter.sign_up",
    "newsletter.unsubscribe",
    "preferences.by_link",
    "renewal.decide",
    "readyz",
    "static_file",
}
# No page of their own: parts, files, steps that ask again, and what only a link in a mail opens.
WITHOUT_PICTURE = {
    "rights.request_part",
    "rights.document",
    "access.remove",
    "identity.enter",
    "asking.confirm",
    "access.invitation",
    "newsletter.confirm",
    "newsletter.unsubscribe",
    "preferences.by_link",
    "renewal.decide",
    "preferences.proof",
    "login.callback",
    "login.start",
    "healthz",
    "readyz",
    "static_file",
}
MACHINES = {"login.backchannel", "newsletter.unsubscribe"}


@pytest.fixture
def app(postgres_url: PostgresUrl) -> Flask:
    given = sample.settings(database_url=postgres_url("portal"))
    return sample.undisturbed(lambda: create_app(PortalSettings(**given.model_dump())))


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def test_every_route_is_marked_and_the_public_ones_are_known(app: Flask) -> None:
    marks = {rule.endpoint: access_of(app, rule.endpoint) for rule in app.url_map.iter_rules()}
    assert None not in marks.values()
    assert {name for name, mark in marks.items() if mark and mark.public} == PUBLIC
    assert {name for name, mark in marks.items() if mark and mark.machines} == MACHINES


def test_every_page_has_a_picture_in_the_readme(app: Flask) -> None:
    assert unpictured(app, PORTAL) == WITHOUT_PICTURE
    readme = (ROOT / "README.md").read_text()
    assert [name for pages in PORTAL.values() for name in pages if f"pictures/{name}.jpg" not in readme] == []


def test_everything_else_leads_to_the_login(app: Flask, client: FlaskClient) -> None:
    some_id = "018f0000-0000-7000-8000-000000000000"
    for rule in app.url_map.iter_rules():
        if rule.endpoint in PUBLIC or "GET" not in (rule.methods or ()):
            continue
        path = re.sub(r"<uuid:[^>]+>", some_id, rule.rule).replace("<kind>", "pdf")
        answer = client.get(path)
        assert answer.status_code == 302, path
        assert answer.headers["Location"].startswith("/login?next=")


def test_the_start_page_needs_nobody(client: FlaskClient) -> None:
    answer = client.get("/")
    assert answer.status_code == 200
    assert "Hansewerk Manufaktur GmbH" in answer.text
    assert "datenschutz@hansewerk.example" in answer.text


def test_opening_a_link_of_a_mail_changes_nothing(client: FlaskClient) -> None:
    # No service runs: a page that asked one to act would be an error page.
    for path in (
        "/invitation/some-token",
        "/identity/018f0000-0000-7000-8000-000000000000",
        "/newsletter/confirm/some-token",
        "/u/some-token",
        "/newsletter/sent",
    ):
        answer = client.get(path)
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "no-store"


def test_a_confirmation_needs_the_form_of_its_page(client: FlaskClient) -> None:
    assert client.post("/newsletter/confirm/some-token").status_code == 419


@pytest.mark.slow
def test_one_click_needs_no_form_and_says_when_it_failed(client: FlaskClient) -> None:
    # RFC 8058: a mail provider must learn that it did not work, and will come again.
    answer = client.post(
        "/u/some-token",
        data={"List-Unsubscribe": "One-Click"},
        headers={"Origin": "https://mail.example"},
    )
    assert answer.status_code == 503


@pytest.mark.slow
def test_a_missing_service_is_said_in_words(client: FlaskClient) -> None:
    answer = client.get("/newsletter")
    assert answer.status_code == 503
    assert "gerade nicht erreichbar" in answer.text


@pytest.mark.parametrize(("role", "shown"), [("agent", True), ("customer", False)])
def test_staff_are_shown_their_own_page(
    postgres_url: PostgresUrl, neighbours: Neighbours, targets: dict[str, str], role: str, shown: bool
) -> None:
    neighbours.answers["Contacts.GetOwnContact"] = lambda _: PermissionDenied("no", reason="ROLE_MISSING")
    given = sample.settings(
        database_url=postgres_url("portal"), gateway_url="https://staff.example", **targets
    )
    app = sample.undisturbed(lambda: create_app(PortalSettings(**given.model_dump())))
    answer = browser_of(app, login_of(role, **STAFF)).get("/")
    app.extensions["kontor.login"].sessions.dispose()
    assert answer.status_code == 403
    assert ('href="https://staff.example/"' in answer.text) is shown
    # Nobody is led to the page that refused them.
    main = answer.text.split("<main", 1)[1].split("</main>", 1)[0]
    assert ('href="/"' in main) is not shown
