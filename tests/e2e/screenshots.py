"""Takes the README's pictures: every page of portal and gateway, with the demo data, in a real browser.

    python -m tests.e2e.screenshots          a stack of its own, pictures to docs/pictures/

A path with `*` in the place of an id is the first such link on a page before it, with `**` the last.
After a change of pages, run it and look at what it took.
"""

from __future__ import annotations

import asyncio
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

from flask import Flask
from playwright.sync_api import Browser, Page, sync_playwright

from devstack.stack import Stack
from tests.e2e.login_page import demo_app, sign_in
from tests.fixtures.needs import CHROMIUM_FLAGS, find_chromium

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "pictures"
PASSWORD = "kontor-demo"
WIDE = {"width": 1440, "height": 900}

# Picture → path, by the login that sees it; "" is a visitor.
PORTAL = {
    "": {
        "portal-start": "/",
        "portal-asking": "/your-rights",
        "portal-asking-sent": "/your-rights/sent",
        "portal-newsletter": "/newsletter",
        "portal-newsletter-sent": "/newsletter/sent",
    },
    "kunde@demo.example": {
        "portal-home": "/",
        "portal-rights": "/rights",
        "portal-request": "/rights/requests/*",
        "portal-correction": "/rights/correction",
        "portal-restriction": "/rights/restriction",
        "portal-objection": "/rights/objection",
        "portal-erasure": "/rights/erasure",
        "portal-preferences": "/preferences",
        "portal-access": "/access",
        "portal-looks": "/looks",
        "portal-suppressions": "/suppressions",
        "portal-sessions": "/sessions",
        "portal-tickets": "/tickets",
        "portal-ticket": "/tickets/*",
        "portal-ticket-new": "/tickets/new",
    },
}
GATEWAY = {
    "service@demo.example": {
        "gateway-start": "/",
        "gateway-contacts": "/contacts",
        "gateway-contact": "/contacts/*",
        "gateway-customer": "/contacts/*/customer",
        "gateway-contact-edit": "/contacts/*/edit",
        "gateway-contact-new": "/contacts/new",
        "gateway-organisations": "/organisations",
        "gateway-organisation": "/organisations/*",
        "gateway-organisation-new": "/organisations/new",
        "gateway-tickets": "/tickets",
        "gateway-ticket": "/tickets/*",
        "gateway-ticket-new": "/tickets/new?contact_id=*",
        "gateway-imports": "/imports",
        "gateway-import": "/imports/*",
        "gateway-import-new": "/imports/new",
        "gateway-sessions": "/sessions",
    },
    "marketing@demo.example": {
        "gateway-campaigns": "/campaigns",
        "gateway-campaign": "/campaigns/**",
        "gateway-campaign-new": "/campaigns/new",
        "gateway-audiences": "/audiences",
        "gateway-audience": "/audiences/*",
        "gateway-audience-new": "/audiences/new",
        "gateway-consent-text-new": "/consent-texts/new?topic=newsletter",
        "gateway-templates": "/templates",
        "gateway-template": "/templates/*",
        "gateway-template-new": "/templates/new",
    },
    "datenschutz@demo.example": {
        "gateway-requests": "/requests?all=yes",
        "gateway-request": "/requests/*",
        "gateway-locks": "/contacts/*/locks",
        "gateway-notices": "/notices",
        "gateway-retention": "/retention",
        "gateway-suppressions": "/suppressions",
        "gateway-suppressions-lifted": "/suppressions/lifted",
        "gateway-suppression-check": "/suppressions/check",
        "gateway-suppression-import": "/suppressions/import",
        "gateway-suppression-new": "/suppressions/new",
        "gateway-consents": "/consents",
        "gateway-consent": "/consents/*",
        "gateway-consent-texts": "/consent-texts",
        "gateway-consent-text": "/consent-texts/topics/newsletter",
        "gateway-consent-text-retire": "/consent-texts/topics/newsletter/retire",
        "gateway-decisions": "/decisions",
        "gateway-decision": "/decisions/*",
        "gateway-decision-figures": "/decisions/figures",
        "gateway-audit": "/audit",
        "gateway-audit-alerts": "/audit/alerts",
        "gateway-audit-figures": "/audit/figures",
        "gateway-record": "/records",
        "gateway-record-activity": "/records/activities/service",
        "gateway-breaches": "/breaches",
        "gateway-breach": "/breaches/*",
        "gateway-breach-new": "/breaches/new",
        "gateway-privacy": "/privacy",
        "gateway-privacy-requests": "/privacy/requests/later",
        "gateway-privacy-without-basis": "/privacy/without-basis",
        "gateway-privacy-restricted": "/privacy/restricted",
        "gateway-maturity": "/maturity",
        "gateway-maturity-note": "/maturity/notes/new",
        "gateway-assessments": "/assessments",
        "gateway-assessment": "/assessments/*",
        "gateway-assessment-new": "/assessments/new",
        "gateway-assessment-opinion": "/assessments/*/opinion",
        "gateway-registers": "/registers",
        "gateway-register-entry": "/registers/*",
        "gateway-register-new": "/registers/new",
    },
    "admin@demo.example": {"gateway-rights": "/rights"},
}


@contextmanager
def logged_in(browser: Browser, base: str, login: str) -> Iterator[Page]:
    """A page of its own session, in German."""
    context = browser.new_context(viewport=WIDE, locale="de-DE", color_scheme="light")  # type: ignore[arg-type]
    page = context.new_page()
    if login:
        page.goto(f"{base}/login")
        sign_in(page, login, PASSWORD, app=demo_app(login))
        page.wait_for_load_state()
    yield page
    context.close()


def links(page: Page) -> list[str]:
    """Where the page in hand leads, within the same web process."""
    return list(page.locator("main a").evaluate_all("all => all.map(a => a.pathname + a.search)"))


def resolve(path: str, seen: list[list[str]]) -> str:
    """The path itself, or the link that it describes on the latest page that has one."""
    before, star, after = path.partition("*")
    if not star:
        return path
    last, after = after.startswith("*"), after.removeprefix("*")
    wanted = re.compile(f"{re.escape(before)}[0-9a-f-]{{36}}{re.escape(after)}(?:[?].*)?")
    for page in reversed(seen):
        if found := [link for link in page if wanted.fullmatch(link)]:
            return found[-1 if last else 0]
    raise SystemExit(f"no page so far has a link like {path}")


def unpictured(app: Flask, pictures: dict[str, dict[str, str]]) -> set[str]:
    """The endpoints of this web process that answer GET and are in none of the pictures."""
    known = app.url_map.bind("127.0.0.1")
    paths = {path for pages in pictures.values() for path in pages.values()}
    taken = {
        known.match(path.partition("?")[0].replace("**", "*").replace("*", str(UUID(int=0))))[0]
        for path in paths
    }
    return {rule.endpoint for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())} - taken


def take(browser: Browser, base: str, pictures: dict[str, dict[str, str]]) -> int:
    """Takes all pictures of one web process; answers how many."""
    count = 0
    for login, pages in pictures.items():
        seen: list[list[str]] = []
        with logged_in(browser, base, login) as page:
            for name, path in pages.items():
                answer = page.goto(base + resolve(path, seen))
                if answer is None or not answer.ok:
                    raise SystemExit(f"{path} does not show itself")
                page.wait_for_load_state("networkidle")
                seen.append(links(page))
                page.screenshot(path=FOLDER / f"{name}.jpg", type="jpeg", quality=72)
                count += 1
    return count


def take_all(addresses: dict[str, str]) -> int:
    """Takes the pictures of both web processes."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=CHROMIUM_FLAGS)
        count = take(browser, addresses["portal"], PORTAL) + take(browser, addresses["gateway"], GATEWAY)
        browser.close()
    return count


async def main(folder: Path) -> int:
    """Starts a stack with demo data and takes its pictures."""
    async with Stack(folder, ports="free", demo_data=True, say=print) as stack:
        count = await asyncio.to_thread(take_all, stack.addresses)
    print(f"{count} pictures in docs/pictures/")
    return 0


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="kontor-pictures-") as made:
        # PostgreSQL's own user must be able to pass through.
        Path(made).chmod(0o711)
        sys.exit(asyncio.run(main(Path(made))))
