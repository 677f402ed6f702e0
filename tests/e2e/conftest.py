"""One running stack for all tests of this folder, and a collector that sees its traces."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.collector import Collector, collecting
from tests.e2e.running import Running
from tests.e2e.world import World


@pytest.fixture(scope="session")
def collector() -> Iterator[Collector]:
    """What the stack's processes export."""
    with collecting() as collector:
        yield collector


@pytest.fixture(scope="session")
def world(collector: Collector) -> Iterator[World]:
    """A fresh stack without any data, and its staff."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("KONTOR_OTLP_ENDPOINT", collector.endpoint)
        with Running() as running:
            made = World(running, say=lambda text: None)
            made.hire()
            yield made
