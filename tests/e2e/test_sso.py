"""The sign-ins of `make sso-check`, in a real browser, with the embedded provider."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import sync_playwright

from tests.e2e.sso.__main__ import steps
from tests.e2e.sso.world import World
from tests.e2e.world import World as Stack
from tests.fixtures.needs import CHROMIUM_FLAGS, require_chromium

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("stack")]
# What both providers promise alike; `make sso-check` takes the same steps with real Keycloak, and its longer ones.
SUITE = ("logins", "second_factor", "wrong_role", "rights", "logout", "backchannel")


@pytest.fixture(scope="module")
def people(world: Stack) -> Iterator[World]:
    """A browser and people with accounts, in the stack of all these tests."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=require_chromium(), args=CHROMIUM_FLAGS)
        yield World(world.running, chromium, say=lambda text: None)
        chromium.close()


@pytest.mark.parametrize("name", SUITE)
def test_sign_ins_hold(people: World, name: str) -> None:
    assert steps("embedded")[name](people)
