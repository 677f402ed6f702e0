"""The identity provider's pages in a real browser. Keycloak and the embedded provider name their fields alike."""

from __future__ import annotations

from playwright.sync_api import Page

from devstack.code import demo_secrets
from tests.e2e.authenticator import Authenticator

# A code may have been used a moment ago by somebody who shares the app: the demo's people are in every test.
_CODES = 3


def sign_in(page: Page, login: str, password: str, *, app: Authenticator | None = None) -> None:
    """Fill in the open sign-in page, and the second factor where the person has an app."""
    page.fill("#username", login)
    page.fill("#password", password)
    page.click("#kc-login")
    if app is not None:
        prove(page, app)


def prove(page: Page, app: Authenticator) -> None:
    """Fill in the open page that asks for a code."""
    for _ in range(_CODES):
        page.fill("#otp", app.code())
        page.click("#kc-login")
        page.wait_for_load_state()
        if page.locator("#otp").count() == 0:
            return


def demo_app(login: str) -> Authenticator | None:
    """The app of one of the demo's people; None for those who need none."""
    secret = demo_secrets().get(login)
    return Authenticator(secret) if secret else None
