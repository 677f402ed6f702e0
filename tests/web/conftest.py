"""The sample application on a real session database."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from kernel.web.application import Web
from tests.fixtures.postgres import PostgresUrl
from tests.web import sample


@pytest.fixture
def make_web(postgres_url: PostgresUrl, tmp_path: Path) -> Iterator[Callable[..., Web]]:
    """`make_web(public_url=…)` builds the sample with changed settings."""
    made: list[Web] = []

    def build(
        *,
        fail: Callable[[], object] | None = None,
        parts: Callable[[], Iterator[str]] = lambda: iter(()),
        **changes: object,
    ) -> Web:
        given = sample.settings(**({"database_url": postgres_url("portal")} | changes))
        web = sample.make(given, tmp_path, fail=fail, parts=parts)
        made.append(web)
        return web

    yield build
    for web in made:
        web.sessions.dispose()


@pytest.fixture
def web(make_web: Callable[..., Web]) -> Web:
    return make_web()


@pytest.fixture
def client(web: Web) -> FlaskClient:
    return web.app.test_client()
