"""Registers the shared fixtures and the rule that CI never skips."""

import os
from collections.abc import Generator

# Imported before any test: its plugin would else do so at the end, and Python 3.11's parser fails with
# "AST constructor recursion depth mismatch" after greenlets have run.
import hypothesis  # noqa: F401
import pytest
from _pytest.nodeid import coerce_node_id

from tests.fixtures import servers

pytest_plugins = [
    "tests.fixtures.postgres",
    "tests.fixtures.nats",
    "tests.fixtures.clock",
    "tests.fixtures.realm",
    "tests.fixtures.keycloak",
    "tests.fixtures.serving",
]


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        servers.open_session()


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        servers.close_session()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests that share a stack stay on one worker: xdist 3.8 writes the group to a name that pytest 9.2 no longer
    reads, so without this every group is torn apart."""
    if not config.getoption("loadgroup", False):
        return
    for item in items:
        groups = sorted({str(mark.args[0]) for mark in item.iter_markers("xdist_group")})
        if groups and not item.nodeid.endswith(f"@{'_'.join(groups)}"):
            item._id = coerce_node_id(f"{item.nodeid}@{'_'.join(groups)}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """With CI=true a skip is a failure: what CI did not run, nobody has proven."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get("CI") == "true":
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        report.outcome = "failed"
        report.longrepr = f"Skipped, which CI does not allow: {reason}"
    return report
