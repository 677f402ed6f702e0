"""Logins without an identity provider: who somebody is, and the browser in which they are logged in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from kernel.web.sessions import Login, Tokens

STAFF: dict[str, Any] = {
    "subject": "018f0000-0000-7000-8000-0000000000aa",
    "name": "Jonas Weber",
    "email": "service@demo.example",
}


def login_of(*roles: str, now: datetime | None = None, **who: Any) -> Login:
    """Somebody with these roles, Annika Sommer if nothing else is said; the access token lives five minutes."""
    until = (now or datetime.now(UTC)) + timedelta(minutes=5)
    known: dict[str, Any] = {
        "issuer": "https://id.example/realms/kontor",
        "subject": "b7c1",
        "provider_sid": "sid-1",
        "name": "Annika Sommer",
        "email": "annika@sommer.example",
        "email_verified": True,
        "roles": frozenset(roles),
        "tokens": Tokens("access-1", "refresh-1", "identity-1", until),
    }
    return Login(**(known | who))


def browser_of(app: Flask, login: Login, *, language: str = "de") -> FlaskClient:
    """A browser of this process in which the login stands open."""
    desk = app.extensions["kontor.login"]
    client = app.test_client()
    client.set_cookie(desk.cookie, desk.sessions.open(login))
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = language
    return client
