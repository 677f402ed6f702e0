"""Tests of one group run on one worker, or each worker would start a stack of its own."""

import pytest


@pytest.mark.xdist_group("together")
def test_a_group_is_named_where_it_is_looked_for(request: pytest.FixtureRequest) -> None:
    distributed = bool(request.config.getoption("loadgroup", False))
    assert request.node.nodeid.endswith("@together") == distributed
