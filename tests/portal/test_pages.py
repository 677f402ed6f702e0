"""Every page of the portal on the real stack: wide and narrow, light and dark, for eyes and screen readers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.e2e.browser import links_of
from tests.e2e.check import wait_for
from tests.e2e.mailbox import Mailbox, body
from tests.e2e.realm import PASSWORD, Realm
from tests.e2e.running import Running
from tests.fixtures.needs import CHROMIUM_FLAGS, require_chromium
from tests.portal.journey import Journey
from tests.web.looks import HEIGHT, LOOKS, Findings, Theme


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    """The whole embedded stack: a page is only sound with what it really shows."""
    require_chromium()
    with Running() as stack:
        yield stack


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=require_chromium(), args=CHROMIUM_FLAGS)
        yield chromium
        chromium.close()


@pytest.mark.slow
def test_every_page_is_sound_in_every_look(running: Running, browser: Browser) -> None:
    findings = Findings()
    # By telephone, as most customers come.
    walk(Street(running, browser, findings, *LOOKS[1]))
    assert findings.pages >= 30
    assert findings.found == []


@dataclass(frozen=True)
class Street:
    """Where people walk; each has a browser of their own."""

    running: Running
    browser: Browser
    findings: Findings
    theme: Theme
    width: int

    def address(self, name: str) -> str:
        return f"{name}@haus.example"

    def link_to(self, email: str, path: str) -> str:
        """The newest mail's link that leads there."""
        mailbox = Mailbox(self.running.env()["KONTOR_MAIL_URL"])
        mail = mailbox.parsed(mailbox.wait_for_one(email))
        return next(link for link in links_of(body(mail, "html")) if path in link)

    def code_of(self, email: str) -> tuple[str, str]:
        """The link and the code of the newest mail."""
        mailbox = Mailbox(self.running.env()["KONTOR_MAIL_URL"])
        text = body(mailbox.parsed(mailbox.wait_for_one(email)), "plain")
        code = re.search(r"\b[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}\b", text)
        assert code is not None
        return self.link_to(email, "/your-rights/"), code[0]

    def is_told_of_nothing(self, email: str) -> bool:
        """Whether the second mail is the honest answer, and has come."""
        mailbox = Mailbox(self.running.env()["KONTOR_MAIL_URL"])
        wait_for(lambda: len(mailbox.mails(email)) == 2, "the answer arrives", seconds=60)
        return "verarbeiten wir keine Daten" in body(mailbox.parsed(mailbox.mails(email)[0]), "plain")

    @contextmanager
    def page(self) -> Iterator[Page]:
        context = self.browser.new_context(
            viewport={"width": self.width, "height": HEIGHT},
            color_scheme=self.theme,
            locale="de-DE",
            reduced_motion="reduce",
        )
        page = context.new_page()
        page.on("console", self.findings.hear)
        yield page
        context.close()

    def journey(self, page: Page) -> Journey:
        return Journey(
            page,
            self.running.env()["KONTOR_PORTAL_URL"],
            lambda email: self.link_to(email, "/newsletter/confirm/"),
            lambda name: self.findings.check(page, name),
        )


def walk(street: Street) -> None:
    """Once through everything, as a person of one's own."""
    customer, helper, agent = (street.address(name) for name in ("kunde", "hilfe", "team"))
    realm = Realm(street.running)
    realm.create_account(customer, given="Annika", family="Sommer")
    realm.create_account(helper, given="Hanne", family="Hilft")
    realm.create_account(agent, given="Jonas", family="Weber", roles=["agent"])
    with street.page() as page:
        journey = street.journey(page)
        journey.visit(street.address("neu"))
        nobody = street.address("niemand")
        journey.ask_without_login(nobody, street.code_of)
        assert street.is_told_of_nothing(nobody)
        journey.log_in(customer)
        journey.begin()
        journey.converse()
        journey.choose()
        invite(street, agent, customer)
        with street.page() as other:
            street.journey(other).take_up(street.link_to(customer, "/invitation/"), helper)
        journey.end_access()
        journey.see_and_erase()


def invite(street: Street, agent: str, customer: str) -> None:
    """Somebody of the staff sends the customer a link, and sees that it is on its way."""
    gateway = street.running.env()["KONTOR_GATEWAY_URL"]
    with street.page() as page:
        page.goto(f"{gateway}/contacts?q={customer}")
        page.fill("#username", agent)
        page.fill("#password", PASSWORD)
        page.click("#kc-login")
        page.click("main .g-person")
        street.findings.check(page, "contact with a login")
        page.click("form[action$='/logins/invite'] button")
        page.wait_for_load_state()
        street.findings.check(page, "contact, invited")
