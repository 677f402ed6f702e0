"""A person at a browser, and a client that sends them to the provider."""

import re
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
from authlib.common.security import generate_token
from authlib.integrations.requests_client import OAuth2Session

from tests.idp.stack import PORTAL, Idp, secret

CALLBACK = f"{PORTAL}/login/callback"
PASSWORD = "kontor-demo"
_CSRF = re.compile(r'name="csrf" value="([^"]+)"')


class Browser:
    """Keeps cookies, fills in forms, and follows nothing by itself."""

    def __init__(self, *, language: str = "de") -> None:
        self.http = httpx.Client(headers={"Accept-Language": language})

    def sign_in(
        self, url: str, *, login: str = "kunde@demo.example", password: str = PASSWORD
    ) -> httpx.Response:
        """Open the sign-in page and send it."""
        return self.submit(self.http.get(url), username=login, password=password)

    def submit(self, page: httpx.Response, **fields: str) -> httpx.Response:
        """Send the form on the page, with its CSRF token."""
        token = _CSRF.search(page.text)
        assert token, page.text
        found = re.search(r'<form[^>]*action="([^"]*)"', page.text)
        target = page.url.join(unescape(found.group(1))) if found else page.url
        return self.http.post(target, data={"csrf": token.group(1), **fields})


class Portal:
    """The portal's side of the protocol: Authlib's client with PKCE."""

    def __init__(self, idp: Idp, *, client: str = "kontor-portal", callback: str = CALLBACK) -> None:
        self.idp = idp
        self.callback = callback
        self.verifier = generate_token(48)
        self.oauth = OAuth2Session(
            client_id=client,
            client_secret=secret(client),
            scope="openid profile email",
            redirect_uri=callback,
            code_challenge_method="S256",
        )

    def authorize_url(self, **parameters: str) -> str:
        """Where the person is sent to sign in."""
        options = {"code_verifier": self.verifier, **parameters}
        url, _state = self.oauth.create_authorization_url(self.idp.door("auth"), **options)
        return str(url)

    def fetch(self, answer: httpx.Response, **parameters: Any) -> dict[str, Any]:
        """Redeem the code in the redirect."""
        options = {"code_verifier": self.verifier, **parameters}
        token = self.oauth.fetch_token(
            self.idp.door("token"), authorization_response=answer.headers["location"], **options
        )
        return dict(token)

    def redeem(self, code: str, **form: str) -> httpx.Response:
        """Redeem a code, and see the raw answer."""
        body = {"grant_type": "authorization_code", "code": code, "redirect_uri": self.callback, **form}
        return httpx.post(
            self.idp.door("token"), data=body, auth=(self.oauth.client_id, self.oauth.client_secret)
        )

    def refresh(self, token: str) -> httpx.Response:
        """Use a refresh token, and see the raw answer."""
        body = {"grant_type": "refresh_token", "refresh_token": token}
        return httpx.post(
            self.idp.door("token"), data=body, auth=(self.oauth.client_id, self.oauth.client_secret)
        )


def query_of(answer: httpx.Response) -> dict[str, str]:
    """The parameters of a redirect."""
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}
