"""Accounts and tokens from the identity provider: client credentials, code with PKCE, the administration's REST."""

from __future__ import annotations

import base64
import hashlib
import secrets
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx

from tests.e2e.authenticator import Authenticator
from tests.e2e.browser import Browser, Form, Page
from tests.e2e.check import holds, same
from tests.e2e.running import Running

PASSWORD = "Nebelkrähe-47-Lampe"
# The roles that the realm file lets in with a second factor only.
DEMANDING = frozenset({"dpo", "admin"})
_RENEW_BEFORE_SECONDS = 60

Token = Callable[[], str]


@dataclass
class Renewed:
    """A token that is fetched anew a minute before it ends."""

    fetch: Callable[[], dict[str, object]]
    _value: str = ""
    _until: float = field(default=0.0)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self) -> str:
        # Callers side by side share one token, and a code of a second factor counts only once.
        with self._lock:
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
        self.apps: dict[str, Authenticator] = {}

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

    def create_account(
        self, email: str, *, given: str, family: str, roles: Sequence[str] = (), with_app: bool = True
    ) -> str:
        """An account with a verified address; answers its id. Without roles it is a customer's.

        Whoever needs a second factor gets an authenticator app, or sets one up later.
        """
        credentials = [{"type": "password", "value": PASSWORD}]
        if with_app and DEMANDING.intersection(roles):
            self.apps[email] = Authenticator()
            credentials.append(self.apps[email].credential())
        account = {
            "username": email,
            "email": email,
            "emailVerified": True,
            "enabled": True,
            "firstName": given,
            "lastName": family,
            "credentials": credentials,
        }
        made = self._http.post(f"{self._admin}/users", json=account, headers=self._headers())
        same(made.status_code, 201, "creating an account")
        account_id = made.headers["Location"].rpartition("/")[2]
        if roles:
            mapped = self._http.post(
                f"{self._admin}/users/{account_id}/role-mappings/realm",
                json=[self._role(role) for role in roles],
                headers=self._headers(),
            )
            same(mapped.status_code, 204, "giving roles to an account")
        return account_id

    def end_sessions(self, account_id: str) -> None:
        """Sign somebody out everywhere, as an administrator does."""
        done = self._http.post(f"{self._admin}/users/{account_id}/logout", headers=self._headers())
        same(done.status_code, 204, "ending somebody's sessions")

    def sign_in(self, form: Form, email: str) -> Page:
        """Send the provider's form, and the second factor where it asks for one."""
        page = form.submit(username=email, password=PASSWORD)
        if email in self.apps:
            page = page.form(field="otp").submit(otp=self.apps[email].code())
        return page

    def _role(self, name: str) -> dict[str, object]:
        """A role as the administration names it: Keycloak wants its id as well."""
        found = self._http.get(f"{self._admin}/roles/{name}", headers=self._headers())
        same(found.status_code, 200, f"the role {name}")
        return dict(found.json())

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
            landed = self.sign_in(form, email)
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
