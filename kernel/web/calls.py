"""In whose name a page calls services: the visitor's own token, or the page's for public views."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from time import monotonic

import requests
from flask import Flask, current_app, g, request

from kernel.channel import CallContext, call_context
from kernel.errors import Unavailable
from kernel.identity import issuer_endpoint
from kernel.web.access import access_of
from kernel.web.config import WebSettings
from kernel.web.login import current_login

# All calls of one page together; gunicorn would end the worker after 60 s.
PAGE_BUDGET_S = 25.0


def install(app: Flask) -> None:
    """Give each request its call context and take it away again."""
    app.before_request(_open)
    app.teardown_request(_close)


@contextmanager
def as_visitor() -> Iterator[None]:
    """Inside a public view: call with the login's token, not with the page's own."""
    login = current_login()
    if login is None:
        raise RuntimeError("nobody is logged in")
    with call_context(CallContext(token=login.tokens.access, deadline=g.call_deadline)):
        yield


def _open() -> None:
    g.call_deadline = monotonic() + PAGE_BUDGET_S
    rule = access_of(current_app, request.endpoint) if request.endpoint else None
    # A view behind the login never falls back to the page's account: enforce() has
    # made sure that there is a login before this runs.
    login = current_login() if rule is not None and not rule.public else None
    stack = ExitStack()
    token = login.tokens.access if login is not None else ""
    stack.enter_context(call_context(CallContext(token=token, deadline=g.call_deadline)))
    g.call_stack = stack


def _close(_error: BaseException | None) -> None:
    stack = g.pop("call_stack", None)
    if stack is not None:
        stack.close()


class OwnToken:
    """The page's own access token (client credentials), renewed at half its life; thread-safe."""

    def __init__(self, settings: WebSettings) -> None:
        self._endpoint = issuer_endpoint(settings.oidc_issuer, "token")
        self._auth = (settings.client_id, settings.client_secret.get_secret_value())
        self._token = ""
        self._renew_at = 0.0
        self._lock = threading.Lock()

    def __call__(self) -> str:
        """A token. Errors: Unavailable if the provider is down or refuses."""
        with self._lock:
            if monotonic() >= self._renew_at:
                self._renew()
            return self._token

    def _renew(self) -> None:
        try:
            answer = requests.post(
                self._endpoint, data={"grant_type": "client_credentials"}, auth=self._auth, timeout=5
            )
            answer.raise_for_status()
        except requests.RequestException as error:
            raise Unavailable(
                "The identity provider gives this page no token.", reason="IDENTITY_PROVIDER_UNAVAILABLE"
            ) from error
        body = answer.json()
        self._token = str(body["access_token"])
        self._renew_at = monotonic() + float(body.get("expires_in", 60)) / 2
