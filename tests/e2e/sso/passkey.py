"""A passkey is two factors at once: the officer registers one and signs in with it alone, no password, no code.

Browsers know passkeys by host name and never by number, so this step has a realm of its own under `localhost`.
"""

from __future__ import annotations

from urllib.parse import urlencode, urlsplit

from playwright.sync_api import CDPSession, Page

from deploy.keycloak import __main__ as program
from deploy.keycloak import wanted
from tests.e2e.authenticator import Authenticator
from tests.e2e.check import holds, same
from tests.e2e.login_page import sign_in
from tests.e2e.realm import PASSWORD
from tests.e2e.sso.master import Master
from tests.e2e.sso.world import Counts, World

_REALM = "kontor-passkey"
_OFFICER = "officer@anmeldung.example"


def run(world: World) -> Counts:
    app = Authenticator()
    _make_realm(world, app)
    with world.visitor() as visitor:
        page = visitor.page
        # The portal knows another issuer: the step ends where the provider sends the browser back to it.
        devices = page.context.new_cdp_session(page)
        telephone = _plug_in(devices)
        page.goto(_question(world, kc_action="webauthn-register-passwordless"))
        sign_in(page, _OFFICER, PASSWORD, app=app)
        _register(page)
        holds(page.url.startswith(f"{world.portal}/login/callback"), f"registering leads to {page.url}")
        page.context.clear_cookies()
        page.goto(_question(world))
        # The page offers the passkey by itself, and the telephone says yes.
        page.wait_for_url(f"{world.portal}/login/callback?*")
        holds("code=" in page.url, "the passkey alone gives a code")
        page.context.clear_cookies()
        devices.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": telephone})
        page.goto(_question(world))
        sign_in(page, _OFFICER, PASSWORD)
        same(page.locator("#otp").count(), 1, "the password alone still needs the app")
    Master(world.running).admin.delete_realm(_REALM)
    return {"passkeys": 1}


def _make_realm(world: World, app: Authenticator) -> None:
    env = world.running.realm_sync_env
    target = wanted.load(wanted.FILE, env=env, realm=_REALM)
    same(program.sync(target, program.enter(env, realm=_REALM), apply=True), 0, "differences that are left")
    admin = Master(world.running, realm=_REALM).admin
    admin.update_realm(_REALM, {"attributes": {"frontendUrl": _origin(world)}})
    officer = admin.create_user(
        {
            "username": _OFFICER,
            "email": _OFFICER,
            "emailVerified": True,
            "enabled": True,
            "firstName": "Olga",
            "lastName": "Sonnenau",
            "credentials": [{"type": "password", "value": PASSWORD}, app.credential()],
        }
    )
    admin.assign_realm_roles(str(officer), [admin.get_realm_role("dpo")])


def _origin(world: World) -> str:
    return f"http://localhost:{urlsplit(world.issuer).port}"


def _question(world: World, **more: str) -> str:
    parameters = {
        "response_type": "code",
        "client_id": "kontor-portal",
        "scope": "openid",
        "state": "s",
        "redirect_uri": f"{world.portal}/login/callback",
        "code_challenge": "a" * 43,
        "code_challenge_method": "S256",
    }
    return (
        f"{_origin(world)}/realms/{_REALM}/protocol/openid-connect/auth?{urlencode({**parameters, **more})}"
    )


def _plug_in(devices: CDPSession) -> str:
    """A telephone that unlocks by fingerprint, as Chromium imitates it; answers its id."""
    devices.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    return str(devices.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"])


def _register(page: Page) -> None:
    # The browser asks for the key's name once it is made.
    page.on("dialog", lambda dialog: dialog.accept("Telefon"))
    page.locator("#registerWebAuthn").click()
    page.wait_for_url("**/login/callback?*")
