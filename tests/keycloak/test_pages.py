"""Keycloak's pages in Kontor's look: sound for everybody, on a desk and a telephone, light and dark."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from devstack.keycloak.server import FILES
from tests.e2e.login_page import sign_in
from tests.e2e.realm import PASSWORD, Realm
from tests.e2e.running import Running
from tests.fixtures import keycloak
from tests.fixtures.needs import CHROMIUM_FLAGS, require_chromium
from tests.web.axe import ROOT
from tests.web.looks import HEIGHT, LOOKS, Findings

LOGIN = FILES / "themes" / "kontor" / "login"
_KEY = re.compile(r"^([\w.-]+)=(.+)$", re.MULTILINE)


def words(language: str) -> dict[str, str]:
    text = (LOGIN / "messages" / f"messages_{language}.properties").read_text(encoding="utf-8")
    return dict(_KEY.findall(text))


def test_both_languages_say_the_same_things() -> None:
    assert words("de").keys() == words("en").keys()
    assert len(words("de")) > 20


def test_the_colours_are_those_of_the_other_pages() -> None:
    """By name: primary, page, surface, line, quiet, ink, and the four moods, light and dark."""
    theme = (LOGIN / "resources" / "css" / "kontor.css").read_text()
    pages = (ROOT / "kernel/web/static/kontor/kontor.css").read_text()
    for name in (
        "surface",
        "line",
        "quiet",
        "ink",
        "good",
        "good-soft",
        "warn",
        "warn-soft",
        "bad",
        "bad-soft",
    ):
        values = re.compile(rf"--k-{name}: (#[0-9a-f]+);")
        assert values.findall(theme) == values.findall(pages), name
    assert re.findall(r"--k-primary: (#[0-9a-f]+);", theme) == re.findall(
        r"--tblr-primary: (#[0-9a-f]+);", pages
    )


def test_the_mark_is_the_one_of_the_other_pages() -> None:
    assert (LOGIN / "resources/img/kontor.svg").read_text() == (
        ROOT / "kernel/web/static/kontor/mark.svg"
    ).read_text()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=require_chromium(), args=CHROMIUM_FLAGS)
        yield chromium
        chromium.close()


def question(running: Running, **more: str) -> str:
    env = running.env()
    parameters = {
        "response_type": "code",
        "client_id": "kontor-portal",
        "scope": "openid",
        "state": "s",
        "redirect_uri": f"{env['KONTOR_PORTAL_URL']}/login/callback",
        "code_challenge": "a" * 43,
        "code_challenge_method": "S256",
        **more,
    }
    return f"{env['KONTOR_OIDC_ISSUER']}/protocol/openid-connect/auth?{urlencode(parameters)}"


def forget(page: Page) -> None:
    """Become somebody new. From an empty page: Keycloak's own pages load themselves anew when a cookie is gone."""
    page.goto("about:blank")
    page.context.clear_cookies()


def walk(page: Page, running: Running, officer: str, newcomer: str) -> Iterator[str]:
    """Every page that a person can meet before they are in; yields its name while it is open."""
    page.goto(question(running))
    yield "sign-in"
    sign_in(page, "nobody@anmeldung.example", PASSWORD)
    yield "wrong password"
    page.goto(question(running))
    sign_in(page, officer, PASSWORD)
    yield "code"
    forget(page)
    page.goto(question(running))
    sign_in(page, newcomer, PASSWORD)
    yield "set up the second factor"
    page.locator("#mode-manual").click()
    yield "set up the second factor by hand"
    forget(page)
    page.goto(question(running, prompt="create"))
    yield "register"
    page.click("input[type=submit]")
    yield "register with errors"
    page.goto(question(running))
    page.locator("a[href*='reset-credentials']").click()
    yield "forgotten password"
    page.goto(question(running, client_id="kontor-nobody"))
    yield "unknown application"


@pytest.mark.slow
@keycloak.GROUP
def test_every_page_is_sound_in_every_look(keycloak_stack: Running, browser: Browser) -> None:
    realm = Realm(keycloak_stack)
    people: dict[str, Any] = {"given": "Olga", "family": "Sonnenau", "roles": ["dpo"]}
    realm.create_account("blick@anmeldung.example", **people)
    realm.create_account("neu@anmeldung.example", with_app=False, **people)
    findings = Findings()
    theme, width = LOOKS[0]
    size: Any = {"width": width, "height": HEIGHT}
    context = browser.new_context(viewport=size, color_scheme=theme, locale="de-DE")
    page = context.new_page()
    for name in walk(page, keycloak_stack, "blick@anmeldung.example", "neu@anmeldung.example"):
        page.wait_for_load_state("networkidle")
        findings.look_at(page, name)
        assert page.locator("#kc-header-wrapper").inner_text().strip() == "Kontor", name
    context.close()
    assert findings.found == []
