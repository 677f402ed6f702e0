"""Accounts and tokens from the identity provider: client credentials, code with PKCE, the administration's REST."""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx

from tests.e2e.browser import Browser
from tests.e2e.check import holds, same
from tests.e2e.running import Running

PASSWORD = "Nebelkrähe-47-Lampe"
_RENEW_BEFORE_SECONDS = 60

Token = Callable[[], str]


@dataclass
class Renewed:
    """A token that is fetched anew a minute before it ends."""

    fetch: Callable[[], dict[str, object]]
    _value: str = ""
    _until: float = field(default=0.0)

    def __call__(self) -> str:
        if time.monotonic() > self._until:
            answer = self.fetch()
            self._value = str(answer["access_token"])
            self._until = time.monotonic() + float(str(answer["expires_in"])) - _RENEW_BEFORE_SECONDS
        return self._value


class Realm:
    """The provider as its clients and its administrators use it."""

    def __init__(self, running: Running) -> None:
        env = running.env()
        self._running = running
        self.issuer = env["KONTOR_OIDC_ISSUER"]
        self._gateway = env["KONTOR_GATEWAY_URL"]
        self._endpoint = f"{self.issuer}/protocol/openid-connect"
        self._admin = self.issuer.replace("/realms/", "/admin/realms/")
        self._http = httpx.Client(timeout=10)
        self._administrator = self.service("admin")

    def service(self, client: str) -> Token:
        """The token of a client's own service account."""
        form = {
            "grant_type": "client_credentials",
            "client_id": f"kontor-{client}",
            "client_secret": self._running.client_secret(client),
        }
        return Renewed(lambda: self._token(form))

    def person(self, email: str) -> Token:
        """The token of somebody with an account, by code and PKCE as the gateway's client."""
        return Renewed(lambda: self.log_in(email))

    def create_account(self, email: str, *, given: str, family: str, roles: Sequence[str] = ()) -> str:
        """An account with a verified address; answers its id. Without roles it is a customer's."""
        account = {
            "username": email,
            "email": email,
            "emailVerified": True,
            "enabled": True,
            "firstName": given,
            "lastName": family,
            "credentials": [{"type": "password", "value": PASSWORD, "temporary": False}],
        }
        made = self._http.post(f"{self._admin}/users", json=account, headers=self._headers())
        same(made.status_code, 201, "creating an account")
        account_id = made.headers["Location"].rpartition("/")[2]
        if roles:
            mapped = self._http.post(
                f"{self._admin}/users/{account_id}/role-mappings/realm",
                json=[{"name": role} for role in roles],
                headers=self._headers(),
            )
            same(mapped.status_code, 204, "giving roles to an account")
        return account_id

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._administrator()}"}

    def log_in(self, email: str) -> dict[str, object]:
        """What the token endpoint answers to a login: access, refresh and ID token."""
        verifier = secrets.token_urlsafe(48)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
        callback = f"{self._gateway}/login/callback"
        question = {
            "response_type": "code",
            "client_id": "kontor-gateway",
            "redirect_uri": callback,
            "scope": "openid profile email",
            "state": secrets.token_urlsafe(16),
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        with Browser(stop_at=callback) as browser:
            form = browser.get(f"{self._endpoint}/auth?{urlencode(question)}").form(field="password")
            landed = form.submit(username=email, password=PASSWORD)
        answer = parse_qs(urlsplit(landed.location).query)
        holds(answer.get("state") == [question["state"]], "the provider gave the state back")
        return self._token(
            {
                "grant_type": "authorization_code",
                "code": answer["code"][0],
                "redirect_uri": callback,
                "client_id": "kontor-gateway",
                "client_secret": self._running.client_secret("gateway"),
                "code_verifier": verifier,
            }
        )

    def _token(self, form: dict[str, str]) -> dict[str, object]:
        answer = self._http.post(f"{self._endpoint}/token", data=form)
        same(answer.status_code, 200, f"a token by {form['grant_type']}")
        return dict(answer.json())
