"""The portal on a real session database, and logins without an identity provider."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from kernel.web.sessions import Login, Tokens
from services.portal.app import create_app
from services.portal.config import PortalSettings
from tests.fixtures.postgres import PostgresUrl
from tests.gateway.neighbours import Neighbours, running
from tests.web import sample

LogIn = Callable[..., FlaskClient]


@pytest.fixture
def neighbours() -> Iterator[Neighbours]:
    """The services behind the portal, for tests that need what they say."""
    with running() as made:
        yield made


@pytest.fixture
def app(postgres_url: PostgresUrl, request: pytest.FixtureRequest) -> Iterator[Flask]:
    """No service runs behind it, unless the test asks for `neighbours`: what needs one must say so."""
    targets = {}
    if "neighbours" in request.fixturenames:
        target = request.getfixturevalue("neighbours").target
        targets = {f"{name}_target": target for name in ("contacts", "campaigns", "tickets", "privacy")}
    given = sample.settings(database_url=postgres_url("portal"), **targets)
    made = create_app(PortalSettings(**given.model_dump()))
    yield made
    made.extensions["kontor.login"].sessions.dispose()


@pytest.fixture
def log_in(app: Flask) -> LogIn:
    """`log_in("customer")` answers the browser of somebody with these roles."""

    def browser(*roles: str) -> FlaskClient:
        desk = app.extensions["kontor.login"]
        tokens = Tokens(
            access="a.b.c", refresh="r", identity="i", expires_at=datetime.now(UTC) + timedelta(hours=1)
        )
        login = Login(
            issuer="http://127.0.0.1:9/realms/kontor",
            subject="sub",
            provider_sid="sid",
            name="Anna",
            email="anna@example.org",
            email_verified=True,
            roles=frozenset(roles),
            tokens=tokens,
        )
        client = app.test_client()
        client.set_cookie(desk.cookie, desk.sessions.open(login))
        client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "de"
        return client

    return browser
