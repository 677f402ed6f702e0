"""The migrations' rules: one line, a lock timeout, and no difference to the tables."""

from __future__ import annotations

import re

import pytest

from kernel import migrate
from tests.architecture.tree import BACK_ENDS, ROOT, WEB

SERVICES = BACK_ENDS + WEB


def chain_faults(sources: list[str]) -> list[str]:
    """What is wrong with a folder of migrations, given in the order of their names."""
    faults = []
    previous: str | None = None
    for number, source in enumerate(sources, 1):
        revision = re.search(r"^revision(?:: str)? = [\"'](\w+)[\"']", source, re.MULTILINE)
        down = re.search(r"^down_revision(?:: [^=]+)? = (?:None|[\"'](\w+)[\"'])", source, re.MULTILINE)
        if revision is None or revision[1] != f"{number:04d}":
            faults.append(f"migration {number} is not numbered {number:04d}")
        if down is None or down[1] != previous:
            faults.append(f"migration {number} does not follow its predecessor")
        previous = revision[1] if revision else None
    return faults


@pytest.mark.parametrize("service", SERVICES)
def test_migrations_are_one_line(service: str) -> None:
    files = sorted((ROOT / f"services/{service}/migrations").glob("[0-9]*.py"))
    assert files
    assert chain_faults([f.read_text() for f in files]) == []


def test_the_rule_notices_a_fork() -> None:
    first = "revision = '0001'\ndown_revision = None\n"
    assert chain_faults([first]) == []
    assert chain_faults([first, "revision = '0002'\ndown_revision = None\n"])
    assert chain_faults([first, "revision = '0003'\ndown_revision = '0001'\n"])


def test_every_migration_runs_under_a_lock_timeout() -> None:
    assert re.fullmatch(r"[1-9]s", migrate.LOCK_TIMEOUT)
    assert "SET lock_timeout" in (ROOT / "kernel/migrate.py").read_text()
