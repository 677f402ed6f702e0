"""Every page of the gateway on the real stack with the demo data: wide and narrow, light and dark."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from kontor.contacts.v1.contacts_pb2 import ListContactsRequest
from playwright.sync_api import Browser, sync_playwright

from devstack.demo.doors import Doors
from tests.e2e.running import Running
from tests.fixtures.needs import CHROMIUM_FLAGS, require_chromium
from tests.gateway import journey
from tests.gateway.journey import Colleague
from tests.web.looks import HEIGHT, LOOKS, Findings, Theme

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Office:
    """Desks that all look alike: one theme, one width."""

    gateway: str
    browser: Browser
    findings: Findings
    theme: Theme
    width: int

    @contextmanager
    def colleague(self) -> Iterator[Colleague]:
        """Somebody with a browser of their own."""
        context = self.browser.new_context(
            viewport={"width": self.width, "height": HEIGHT},
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
    assert 0 < contacts_seen_by(running, "vertrieb") < contacts_seen_by(running, "leitung")
    findings = Findings()
    # At a desk, as staff works.
    office = Office(running.env()["KONTOR_GATEWAY_URL"], browser, findings, *LOOKS[0])
    with office.colleague() as agent:
        journey.serve_customers(agent)
        journey.keep_contacts(agent, folder=tmp_path)
    with office.colleague() as marketer:
        journey.campaign(marketer)
    with office.colleague() as dpo:
        journey.protect_data(dpo)
    with office.colleague() as manager:
        journey.look_around(manager)
    with office.colleague() as admin:
        journey.administer(admin)
    assert findings.pages >= 50
    assert findings.found == []
