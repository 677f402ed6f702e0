"""Sign-in elsewhere: turned on by `sync`, off again by it; the other provider's word alone proves no address."""

from __future__ import annotations

import re
import secrets
from urllib.parse import urlsplit

from deploy.keycloak import __main__ as program
from deploy.keycloak import wanted
from tests.e2e.check import holds, same
from tests.e2e.login_page import prove
from tests.e2e.mailbox import Mailbox, body
from tests.e2e.realm import PASSWORD
from tests.e2e.sso.master import Master
from tests.e2e.sso.world import Counts, Visitor, World

_REALM, _CLIENT, _BUTTON = "elsewhere", "kontor-here", "#social-oidc"
_NEWCOMER, _OFFICER = "neu@anderswo.example", "dpo"


def run(world: World) -> Counts:
    desk, own = f"{world.gateway}/requests", f"{world.portal}/tickets"
    with world.visitor() as visitor:
        visitor.open(own)
        holds(visitor.page.locator(_BUTTON).count() == 0, "sign-in elsewhere is off until it is turned on")
    master, secret = Master(world.running), secrets.token_urlsafe(24)
    _found_elsewhere(world, master, secret)
    _sync(world, **_turned_on(world, secret))
    try:
        _newcomer(world, own)
        _officer(world, desk)
    finally:
        _sync(world)
        master.admin.delete_realm(_REALM)
    with world.visitor() as visitor:
        visitor.open(own)
        holds(visitor.page.locator(_BUTTON).count() == 0, "sync turns it off again")
    return {"brokered": 2}


def _found_elsewhere(world: World, master: Master, secret: str) -> None:
    """A provider of its own, with two people, one of whom claims the officer's address."""
    client = {
        "clientId": _CLIENT,
        "secret": secret,
        "protocol": "openid-connect",
        "standardFlowEnabled": True,
        "redirectUris": [f"{world.issuer}/broker/oidc/endpoint"],
    }
    people = [
        {
            "username": email,
            "email": email,
            "emailVerified": True,
            "enabled": True,
            "firstName": "Nele",
            "lastName": "Anders",
            "credentials": [{"type": "password", "value": PASSWORD}],
        }
        for email in (_NEWCOMER, world.email(_OFFICER))
    ]
    master.admin.create_realm(
        {"realm": _REALM, "enabled": True, "sslRequired": "none", "clients": [client], "users": people}
    )


def _turned_on(world: World, secret: str) -> dict[str, str]:
    """What an operator sets to offer this provider."""
    doors = f"{world.issuer.rpartition('/')[0]}/{_REALM}"
    settings = {
        "ENABLED": "true",
        "NAME": "Anderswo",
        "CLIENT_ID": _CLIENT,
        "CLIENT_SECRET": secret,
        "ISSUER": doors,
        "AUTHORIZATION_URL": f"{doors}/protocol/openid-connect/auth",
        "TOKEN_URL": f"{doors}/protocol/openid-connect/token",
        "JWKS_URL": f"{doors}/protocol/openid-connect/certs",
    }
    return {f"KONTOR_BROKER_OIDC_{name}": value for name, value in settings.items()}


def _sync(world: World, **more: str) -> None:
    env = world.running.realm_sync_env | more
    target = wanted.load(wanted.FILE, env=env)
    same(
        program.sync(target, program.enter(env, realm=target.name), apply=True), 0, "differences left by sync"
    )


def _newcomer(world: World, own: str) -> None:
    """Nobody's account yet: the address counts once its owner has followed the link in a mail."""
    with world.visitor() as visitor:
        _come_from_elsewhere(world, visitor, own, _NEWCOMER)
        holds(visitor.page.url != own, "an address that only the other provider vouches for opened the page")
        _follow_the_mail(world, visitor, _NEWCOMER)
        visitor.open(own)
        same(visitor.page.url, own, "where the confirmed address leads")


def _officer(world: World, desk: str) -> None:
    """The officer's address, claimed elsewhere: it takes the officer's mailbox to link it, and the code to get in."""
    app = world.app(_OFFICER)
    assert app is not None, "the officer's account is made with one"
    with world.visitor() as claimant:
        _come_from_elsewhere(world, claimant, desk, world.email(_OFFICER))
        holds(not claimant.sees(desk), "the officer's address alone opened the desk")
    with world.visitor() as owner:
        _come_from_elsewhere(world, owner, desk, world.email(_OFFICER))
        owner.page.click("#linkAccount")
        _follow_the_mail(world, owner, world.email(_OFFICER))
        holds(
            owner.page.locator("#otp").count() == 1, "who comes from elsewhere is asked for the code as well"
        )
        prove(owner.page, app)
        same(owner.page.url, desk, "where the code leads")


def _come_from_elsewhere(world: World, visitor: Visitor, url: str, email: str) -> None:
    visitor.open(url)
    visitor.page.locator(_BUTTON).click()
    visitor.page.wait_for_load_state()
    holds(f"/realms/{_REALM}/" in visitor.page.url, "the button leads to the other provider")
    visitor.sign_in(email)
    if visitor.page.locator("#kc-idp-review-profile-form").count():
        visitor.page.click("input[type=submit]")
        visitor.page.wait_for_load_state()


def _follow_the_mail(world: World, visitor: Visitor, email: str) -> None:
    mailbox = Mailbox(world.env["KONTOR_MAIL_URL"])
    text = body(mailbox.parsed(mailbox.wait_for_one(email)), "plain")
    found = re.search(r"http\S+", text)
    assert found is not None, "a mail to confirm an address has a link"
    same(urlsplit(found[0]).netloc, urlsplit(world.issuer).netloc, "whose link it is")
    visitor.open(found[0])
