"""The portal on a real session database, and logins without an identity provider."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from services.portal.app import create_app
from services.portal.config import PortalSettings
from tests.fixtures.postgres import PostgresUrl
from tests.gateway.neighbours import Neighbours, running
from tests.web import sample
from tests.web.people import browser_of, login_of

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
        return browser_of(app, login_of(*roles, name="Anna", email="anna@example.org"))

    return browser
