"""The gateway on a real session database, and logins of every role without an identity provider."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.serving import WSGIRequestHandler, make_server

from devstack.ports import LOOPBACK
from services.gateway.app import create_app
from services.gateway.config import GatewaySettings
from tests.fixtures.postgres import PostgresUrl
from tests.web import sample
from tests.web.neighbours import neighbours, targets
from tests.web.people import STAFF, browser_of, login_of

LogIn = Callable[..., FlaskClient]
__all__ = ["LogIn", "neighbours", "targets"]


class _Http11(WSGIRequestHandler):
    """As gunicorn speaks: only chunks tell a browser that an answer broke off."""

    protocol_version = "HTTP/1.1"


@pytest.fixture
def app(postgres_url: PostgresUrl, targets: dict[str, str]) -> Iterator[Flask]:
    given = sample.settings(database_url=postgres_url("gateway"), client_id="kontor-gateway", **targets)
    made = sample.undisturbed(lambda: create_app(GatewaySettings(**given.model_dump())))
    yield made
    made.extensions["kontor.login"].sessions.dispose()


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    """The gateway behind a real HTTP server: what a test client forgives, it does not."""
    server = make_server(LOOPBACK, 0, app, threaded=True, request_handler=_Http11)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://{LOOPBACK}:{server.server_port}"
    server.shutdown()
    thread.join()


@pytest.fixture
def log_in(app: Flask) -> LogIn:
    """`log_in("agent")` answers the browser of somebody with these roles."""

    def browser(*roles: str, language: str = "de") -> FlaskClient:
        return browser_of(app, login_of(*roles, **STAFF), language=language)

    return browser
