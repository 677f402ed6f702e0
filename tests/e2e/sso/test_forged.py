"""Forged tokens against the services of the running stack."""

from __future__ import annotations

import pytest

from tests.e2e.check import Broken
from tests.e2e.sso import forged
from tests.e2e.world import World

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("stack")]


def test_twelve_kinds_of_forged_tokens_are_refused(world: World) -> None:
    assert forged.run(world) == {"forged_refused": 12}


def test_a_token_that_is_let_in_would_be_told(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forged, "forgeries", lambda loot: {"expired": [loot.changed()]})
    with pytest.raises(Broken, match="what came of expired"):
        forged.run(world)
