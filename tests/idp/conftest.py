"""One provider for the whole module folder; tests that need their own start one."""

from collections.abc import Iterator
from pathlib import Path

import jwt
import pytest

from tests.idp import stack
from tests.idp.browser import Browser, Portal


@pytest.fixture(scope="session")
def idp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[stack.Idp]:
    """A running provider with the demo's people."""
    running = stack.start(tmp_path_factory.mktemp("idp"))
    yield running
    running.stop()


@pytest.fixture
def own_idp(tmp_path: Path) -> Iterator[stack.Idp]:
    """A provider for this test alone."""
    running = stack.start(tmp_path)
    yield running
    running.stop()


@pytest.fixture
def browser() -> Iterator[Browser]:
    visitor = Browser()
    yield visitor
    visitor.http.close()


@pytest.fixture
def portal(idp: stack.Idp) -> Iterator[Portal]:
    client = Portal(idp)
    yield client
    client.oauth.close()


@pytest.fixture(scope="session")
def keys(idp: stack.Idp) -> jwt.PyJWKClient:
    """The realm's published keys, as the services read them."""
    return jwt.PyJWKClient(idp.door("certs"))
