"""One running stack for all tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.running import Running
from tests.e2e.world import World


@pytest.fixture(scope="session")
def world() -> Iterator[World]:
    """A fresh stack without any data, and its staff."""
    with Running() as running:
        made = World(running, say=lambda text: None)
        made.hire()
        yield made
