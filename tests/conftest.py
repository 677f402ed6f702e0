"""Registers the shared fixtures and the rule that CI never skips."""

import os
from collections.abc import Generator

# Imported before any test: its plugin would else do so at the end, and Python 3.11's parser fails with
# "AST constructor recursion depth mismatch" after greenlets have run.
import hypothesis  # noqa: F401
import pytest

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


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """With CI=true a skip is a failure: what CI did not run, nobody has proven."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get("CI") == "true":
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        report.outcome = "failed"
        report.longrepr = f"Skipped, which CI does not allow: {reason}"
    return report
