"""Takes the README's pictures: every page of portal and gateway, with the demo data, in a real browser.

    python -m tests.e2e.screenshots          a stack of its own, pictures to docs/pictures/

A path that ends in `*` is the first link to a record on the page before it that begins so, `**` the last.
After a change of pages, run it and look at what it took.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from devstack.stack import Stack
from tests.e2e.login_page import demo_app, sign_in

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "pictures"
CHROMIUM = "/usr/bin/chromium"
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
PASSWORD = "kontor-demo"
WIDE = {"width": 1440, "height": 900}

# Picture → path, by the login that sees it; "" is a visitor.
PORTAL = {
    "": {"portal-start": "/", "portal-newsletter": "/newsletter"},
    "kunde@demo.example": {
        "portal-home": "/",
        "portal-rights": "/rights",
        "portal-erasure": "/rights/erasure",
        "portal-preferences": "/preferences",
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
        "gateway-organisations": "/organisations",
        "gateway-tickets": "/tickets",
        "gateway-ticket": "/tickets/*",
        "gateway-imports": "/imports",
        "gateway-import": "/imports/*",
    },
    "marketing@demo.example": {
        "gateway-campaigns": "/campaigns",
        "gateway-campaign": "/campaigns/**",
        "gateway-audiences": "/audiences",
        "gateway-templates": "/templates",
        "gateway-template": "/templates/*",
    },
    "datenschutz@demo.example": {
        "gateway-requests": "/requests?all=yes",
        "gateway-request": "/requests/*",
        "gateway-suppressions": "/suppressions",
    },
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


def resolve(page: Page, path: str) -> str:
    """The path itself, or a link to a record on the page in hand that begins with it."""
    if not path.endswith("*"):
        return path
    links = page.locator(f"main a[href^='{path.rstrip('*')}']").evaluate_all(
        "all => all.map(a => a.pathname)"
    )
    records = [link for link in links if link.count("-") >= 4]
    if not records:
        raise SystemExit(f"{page.url} has no link to a record under {path}")
    return str(records[-1 if path.endswith("**") else 0])


def take(browser: Browser, base: str, pictures: dict[str, dict[str, str]]) -> int:
    """Takes all pictures of one web process; answers how many."""
    count = 0
    for login, pages in pictures.items():
        with logged_in(browser, base, login) as page:
            for name, path in pages.items():
                answer = page.goto(base + resolve(page, path))
                if answer is None or not answer.ok:
                    raise SystemExit(f"{path} does not show itself")
                page.wait_for_load_state("networkidle")
                page.screenshot(path=FOLDER / f"{name}.jpg", type="jpeg", quality=72)
                count += 1
    return count


def take_all(addresses: dict[str, str]) -> int:
    """Takes the pictures of both web processes."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
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
