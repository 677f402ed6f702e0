"""Back in a real browser: a search that changed the address on the way leaves whole pages behind."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from flask import Flask
from kontor.contacts.v1 import contacts_pb2 as c
from playwright.sync_api import Page, expect, sync_playwright

from tests.fixtures.needs import CHROMIUM_FLAGS, require_chromium
from tests.gateway.conftest import LogIn
from tests.web.neighbours import Neighbours

_ID = "018f0000-0000-7000-8000-000000000001"


@pytest.fixture
def page(app: Flask, address: str, log_in: LogIn) -> Iterator[Page]:
    """The browser of somebody of the customer service."""
    name = app.extensions["kontor.login"].cookie
    cookie = log_in("agent").get_cookie(name)
    assert cookie is not None
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=require_chromium(), args=CHROMIUM_FLAGS)
        context = chromium.new_context(locale="de-DE")
        context.add_cookies([{"name": name, "value": cookie.value, "url": address}])
        yield context.new_page()
        chromium.close()


@pytest.mark.slow
def test_back_after_a_search_shows_the_whole_page(neighbours: Neighbours, address: str, page: Page) -> None:
    found = c.Contact(id=_ID, given_name="Annika", family_name="Sommer")
    neighbours.answers["Contacts.ListContacts"] = lambda _: c.ListContactsResponse(contacts=[found])
    page.goto(f"{address}/contacts")
    page.fill("#q", "Sommer")
    expect(page).to_have_url(re.compile("q=Sommer&"))
    page.fill("#q", "Sommerfeld")
    expect(page).to_have_url(re.compile(r"q=Sommerfeld&"))
    page.go_back()
    expect(page).to_have_url(re.compile("q=Sommer&"))
    expect(page.locator("#q")).to_have_value("Sommer")
    expect(page.locator("h1")).to_have_count(1)
    expect(page.locator("nav").first).to_be_visible()
