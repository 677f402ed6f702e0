"""Every page of the gateway on the real stack with the demo data: wide and narrow, light and dark."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pytest
from kontor.contacts.v1.contacts_pb2 import ListContactsRequest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from devstack.demo.doors import Doors
from tests.e2e.running import Running
from tests.fixtures.needs import CHROMIUM_FLAGS, require_chromium
from tests.gateway import journey
from tests.gateway.journey import Colleague
from tests.web import axe

ROOT = Path(__file__).resolve().parents[2]
LOOKS: list[tuple[Literal["light", "dark"], int]] = [("light", 1440), ("dark", 390)]
# A page that says "forbidden" or "not found" is reported by the browser as a failed load.
_MEANT = "Failed to load resource: the server responded with a status of 4"


@dataclass
class Findings:
    """What was wrong on any page."""

    look: str
    found: list[str] = field(default_factory=list)
    pages: int = 0

    def check(self, page: Page, name: str) -> None:
        self.pages += 1
        self.found += [f"{self.look}, {name}: {violation}" for violation in axe.violations(page)]
        if axe.overflow(page):
            self.found.append(f"{self.look}, {name}: {axe.overflow(page)} px too wide")
        if page.locator("h1").count() != 1:
            self.found.append(f"{self.look}, {name}: {page.locator('h1').count()} main headings")
        if "Bei uns ist etwas schiefgegangen" in page.content():
            self.found.append(f"{self.look}, {name}: an error page")

    def hear(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith(_MEANT):
            self.found.append(f"{self.look}, console: {message.text}")


@dataclass(frozen=True)
class Office:
    """Desks that all look alike: one theme, one width."""

    gateway: str
    browser: Browser
    findings: Findings
    theme: Literal["light", "dark"]
    width: int

    @contextmanager
    def colleague(self) -> Iterator[Colleague]:
        """Somebody with a browser of their own."""
        context = self.browser.new_context(
            viewport={"width": self.width, "height": 900},
            color_scheme=self.theme,
            locale="de-DE",
            reduced_motion="reduce",
        )
        page = context.new_page()
        page.on("console", self.findings.hear)
        yield Colleague(page, self.gateway, lambda name: self.findings.check(page, name))
        context.close()


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    """The embedded stack, with the data that `make demo` loads."""
    require_chromium()
    with Running() as stack:
        command = [sys.executable, "-m", "devstack.demo"]
        for _twice_is_once in range(2):
            loaded = subprocess.run(command, env=dict(stack.env()), cwd=ROOT, capture_output=True, text=True)
            assert loaded.returncode == 0, loaded.stderr[-2000:]
        yield stack


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=require_chromium(), args=CHROMIUM_FLAGS)
        yield chromium
        chromium.close()


def contacts_seen_by(running: Running, name: str) -> int:
    """How many contacts of the demo somebody reaches."""
    person = Doors(running.env()).person(f"{name}@demo.example")
    return int(person.contacts.ListContacts(ListContactsRequest(page_size=1)).total_size)


@pytest.mark.slow
def test_the_days_work_is_done_on_sound_pages(running: Running, browser: Browser, tmp_path: Path) -> None:
    # One test and not several: each worker that ran one of them would start a stack of its own.
    assert 0 < contacts_seen_by(running, "vertrieb") < contacts_seen_by(running, "leitung")
    found: list[str] = []
    for theme, width in LOOKS:
        findings = Findings(f"{theme} {width}")
        office = Office(running.env()["KONTOR_GATEWAY_URL"], browser, findings, theme, width)
        suffix = f"{theme}{width}"
        with office.colleague() as agent:
            journey.serve_customers(agent, suffix=suffix)
            journey.keep_contacts(agent, suffix=suffix, folder=tmp_path)
        with office.colleague() as marketer:
            journey.campaign(marketer, suffix=suffix)
        with office.colleague() as dpo:
            journey.protect_data(dpo)
        with office.colleague() as manager:
            journey.look_around(manager)
        with office.colleague() as admin:
            journey.administer(admin)
        assert findings.pages >= 50
        found += findings.found
    assert found == []
