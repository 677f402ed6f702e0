"""The portal on a real session database, and logins without an identity provider."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from services.portal.app import create_app
from services.portal.config import PortalSettings
from tests.fixtures.postgres import PostgresUrl
from tests.web import sample
from tests.web.neighbours import neighbours, targets
from tests.web.people import browser_of, login_of

LogIn = Callable[..., FlaskClient]
__all__ = ["LogIn", "neighbours", "targets"]


@pytest.fixture
def app(postgres_url: PostgresUrl, targets: dict[str, str]) -> Iterator[Flask]:
    given = sample.settings(database_url=postgres_url("portal"), **targets)
    made = sample.undisturbed(lambda: create_app(PortalSettings(**given.model_dump())))
    yield made
    made.extensions["kontor.login"].sessions.dispose()


@pytest.fixture
def log_in(app: Flask) -> LogIn:
    """`log_in("customer")` answers the browser of somebody with these roles."""

    def browser(*roles: str) -> FlaskClient:
        return browser_of(app, login_of(*roles, name="Anna", email="anna@example.org"))

    return browser
