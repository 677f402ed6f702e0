"""In whose name a page calls services: the visitor's own token, or the page's for public views."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from contextvars import Context, copy_context
from time import monotonic
from typing import Any

import requests
from flask import Flask, Response, current_app, g, request

from kernel.asking import PATIENCE_S
from kernel.channel import CallContext, call_context
from kernel.errors import Unavailable
from kernel.identity import issuer_endpoint
from kernel.tokens import PAUSE_S, Issued
from kernel.web.access import access_of
from kernel.web.config import WebSettings
from kernel.web.login import current_login

# All calls of one page together. Nothing else ends a slow page: gunicorn's timeout watches over the worker, whose
# other threads go on, and not over one request.
PAGE_BUDGET_S = 25.0


def install(app: Flask) -> None:
    """Give each request its call context and take it away again."""
    app.before_request(_open)
    app.after_request(_carry_on)
    app.teardown_request(_close)


@contextmanager
def as_visitor() -> Iterator[None]:
    """Inside a public view: call with the login's token, not with the page's own."""
    login = current_login()
    if login is None:
        raise RuntimeError("nobody is logged in")
    with call_context(CallContext(login.tokens.access, g.call_deadline, origin=request.remote_addr or "")):
        yield


def _open() -> None:
    g.call_deadline = monotonic() + PAGE_BUDGET_S
    rule = access_of(current_app, request.endpoint) if request.endpoint else None
    # A view behind the login never falls back to the page's account: enforce() has
    # made sure that there is a login before this runs.
    login = current_login() if rule is not None and not rule.public else None
    stack = ExitStack()
    g.call_token = login.tokens.access if login is not None else ""
    # A visitor without a login acts as the page: whose address that was is nothing to note.
    g.call_origin = (request.remote_addr or "") if g.call_token else ""
    stack.enter_context(call_context(CallContext(g.call_token, g.call_deadline, origin=g.call_origin)))
    g.call_stack = stack


def _carry_on(response: Response) -> Response:
    """A streamed answer is made after the view, and after `_close`: its calls need the context all the same."""
    if response.is_streamed and not response.direct_passthrough and "call_token" in g:
        response.response = _Stream(
            response.response, copy_context(), token=g.call_token, origin=g.call_origin
        )
    return response


class _Stream:
    """Makes each part of an answer where the view left off: login, language and trace included."""

    def __init__(self, parts: Any, context: Context, *, token: str, origin: str) -> None:
        self._parts = iter(parts)
        self._context = context
        self._token = token
        self._origin = origin

    def __iter__(self) -> _Stream:
        return self

    def __next__(self) -> Any:
        return self._context.run(self._make)

    def close(self) -> None:
        """The server calls it at the end, also when the browser has gone away."""
        if hasattr(self._parts, "close"):
            self._context.run(self._parts.close)

    def _make(self) -> Any:
        # A budget for each part: a long file is no slow page, and nobody waits for all of it in silence.
        until = monotonic() + PAGE_BUDGET_S
        with call_context(CallContext(self._token, until, origin=self._origin)):
            return next(self._parts)


def _close(_error: BaseException | None) -> None:
    stack = g.pop("call_stack", None)
    if stack is not None:
        stack.close()


class OwnToken:
    """The page's own access token (client credentials), one for all threads.

    It lives as `kernel.tokens` lets a service's token live, without an event loop: one thread asks for all.
    """

    def __init__(self, settings: WebSettings, *, scope: str = "") -> None:
        self._form = {"grant_type": "client_credentials", **({"scope": scope} if scope else {})}
        self._endpoint = issuer_endpoint(settings.oidc_issuer, "token")
        self._auth = (settings.client_id, settings.client_secret.get_secret_value())
        self._issued = Issued()
        self._paused_until = float("-inf")
        self._renewer = threading.Lock()

    def __call__(self) -> str:
        """A token. Errors: Unavailable if the provider is down or refuses, and no old token is good any more."""
        issued = self._issued
        # Whoever holds a good token does not queue for the next one.
        if not issued.fresh and self._renewer.acquire(blocking=not issued.usable):
            try:
                self._renew()
            finally:
                self._renewer.release()
            issued = self._issued
        if not issued.usable:
            raise Unavailable(
                "The identity provider gives this page no token.", reason="IDENTITY_PROVIDER_UNAVAILABLE"
            )
        return issued.token

    def _renew(self) -> None:
        asked_at = monotonic()
        # Another thread has been here while this one waited, with or without success.
        if self._issued.fresh or asked_at < self._paused_until:
            return
        try:
            answer = requests.post(self._endpoint, data=self._form, auth=self._auth, timeout=PATIENCE_S)
            answer.raise_for_status()
            self._issued = Issued.read(answer.json(), asked_at=asked_at)
        except (requests.RequestException, ValueError):
            # From the end of the attempt: a silent provider costs one wait, not one for each thread in the queue.
            self._paused_until = monotonic() + PAUSE_S
