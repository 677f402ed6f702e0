"""The officer needs a second factor: a password alone opens nothing, a code serves once, a new one is set up."""

from __future__ import annotations

from tests.e2e.authenticator import Authenticator
from tests.e2e.check import holds, same
from tests.e2e.login_page import prove, sign_in
from tests.e2e.realm import PASSWORD
from tests.e2e.sso.world import Counts, Visitor, World


def run(world: World) -> Counts:
    url = f"{world.gateway}/requests"
    app = world.app("dpo")
    assert app is not None, "the officer's account is made with one"
    with world.visitor() as visitor:
        visitor.open(url)
        visitor.sign_in(world.email("dpo"))
        holds(visitor.page.locator("#otp").count() == 1, "the officer is asked for a code")
        with_password_only = visitor.page.context.new_page()
        with_password_only.goto(url)
        holds(with_password_only.locator("#username, #otp").count() == 1, "a password alone opened the page")
        with_password_only.close()
        _type(visitor, "000000")
        holds(visitor.page.locator("#otp").count() == 1, "a wrong code is asked for again")
        code = app.code()
        _type(visitor, code)
        same(visitor.page.url, url, "where the right code leads")
    _used_code(world, url, code)
    _enrolment(world, url)
    with world.visitor() as visitor:
        visitor.open(f"{world.gateway}/tickets")
        visitor.sign_in(world.email("agent"))
        holds(visitor.page.locator("#otp").count() == 0, "who needs no second factor is not asked for one")
    return {"refused_codes": 2}


def _type(visitor: Visitor, code: str) -> None:
    visitor.page.fill("#otp", code)
    visitor.page.click("#kc-login")
    visitor.page.wait_for_load_state()


def _used_code(world: World, url: str, code: str) -> None:
    with world.visitor() as visitor:
        visitor.open(url)
        visitor.sign_in(world.email("dpo"))
        _type(visitor, code)
        holds(visitor.page.locator("#otp").count() == 1, "a used code is refused")


def _enrolment(world: World, url: str) -> None:
    """Somebody who has just got the role sets a factor up, and needs it from then on."""
    email = world.email("new-officer")
    world.realm.create_account(email, given="Neue", family="Sonnenau", roles=["dpo"], with_app=False)
    with world.visitor() as visitor:
        visitor.open(url)
        sign_in(visitor.page, email, PASSWORD)
        app = Authenticator(_offered_secret(visitor))
        visitor.page.fill("#totp, #otp", app.code())
        visitor.page.click("#saveTOTPBtn, #kc-login")
        visitor.page.wait_for_load_state()
        same(visitor.page.url, url, "where setting up a second factor leads")
    with world.visitor() as visitor:
        visitor.open(url)
        sign_in(visitor.page, email, PASSWORD)
        prove(visitor.page, app)
        same(visitor.page.url, url, "where the new second factor leads")


def _offered_secret(visitor: Visitor) -> str:
    """Keycloak shows a picture to scan, and the key in words behind a link."""
    words = visitor.page.locator("#mode-manual")
    if words.count():
        words.click()
    return "".join(visitor.page.locator("#kc-totp-secret-key").inner_text().split())
