"""The same sign-ins, in a real browser, with the embedded provider and with real Keycloak."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import sync_playwright

from devstack.recipes import IdentityProvider
from tests.e2e.running import Running
from tests.e2e.sso.__main__ import steps
from tests.e2e.sso.world import FLAGS, Counts, World
from tests.fixtures import keycloak
from tests.fixtures.needs import require_chromium

pytestmark = pytest.mark.slow
Step = Callable[[World], Counts]
# What both providers promise alike. The rest takes its time and is left to `make sso-check`.
SUITE = ("logins", "second_factor", "wrong_role", "rights", "logout", "backchannel")


def _cases() -> Iterator[object]:
    """Provider by step; each provider's stack belongs to one worker."""
    groups: dict[IdentityProvider, pytest.MarkDecorator] = {
        "embedded": pytest.mark.xdist_group("stack"),
        "keycloak": keycloak.GROUP,
    }
    for idp, group in groups.items():
        for name in SUITE:
            yield pytest.param(idp, steps(idp)[name], marks=group, id=f"{idp}-{name}")


@pytest.fixture(scope="module")
def people(request: pytest.FixtureRequest) -> Iterator[Callable[[IdentityProvider], World]]:
    """The world of a provider, made at its first use."""
    made: dict[IdentityProvider, World] = {}
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=require_chromium(), args=FLAGS)

        def of(idp: IdentityProvider) -> World:
            if idp not in made:
                running: Running = (
                    request.getfixturevalue("keycloak_stack")
                    if idp == "keycloak"
                    else request.getfixturevalue("world").running
                )
                made[idp] = World(running, chromium, say=lambda text: None)
            return made[idp]

        yield of
        chromium.close()


@pytest.mark.parametrize(("idp", "step"), list(_cases()))
def test_sign_ins_hold(
    people: Callable[[IdentityProvider], World], idp: IdentityProvider, step: Step
) -> None:
    assert step(people(idp))
