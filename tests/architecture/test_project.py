"""The project's rules: no registry host, no machine path, commands that exist, targets explained."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.architecture.tree import ROOT, tracked

_HOST = re.compile(
    r"//[a-z0-9.-]*(?:py" + r"pi|pythonhosted|npm" + r"js|maven|golang|crates)[a-z0-9-]*\.[a-z]",
    re.IGNORECASE,
)
_PLACE = re.compile(r"(?:^|[^.\w/])/(?:wo" + r"rk|ho" + r"me|ro" + r"ot|Users)/[a-z.]")
_TEXT = (
    ".py",
    ".md",
    ".toml",
    ".txt",
    ".in",
    ".yaml",
    ".yml",
    ".json",
    ".proto",
    ".cfg",
    ".html",
    ".js",
    ".css",
    ".po",
)


def faults_in(text: str) -> Iterator[str]:
    """Lines that name a registry's host or a path of somebody's machine."""
    for number, line in enumerate(text.splitlines(), 1):
        if _HOST.search(line):
            yield f"{number} names a package registry"
        if _PLACE.search(line):
            yield f"{number} holds a path of a machine"


def test_no_tracked_file_names_a_registry_or_a_machine() -> None:
    named = [p for p in tracked() if p.endswith(_TEXT) or p in ("Makefile", ".ci/run", ".npmrc")]
    assert len(named) > 50
    assert [f"{p}:{fault}" for p in named for fault in faults_in((ROOT / p).read_text())] == []


BROKEN = (
    "url = https://files.python" + "hosted.org/x",
    "resolved: https://registry.npm" + "js.org/a",
    "cd /ho" + "me/ada/kontor",
)


@pytest.mark.parametrize("line", BROKEN)
def test_the_rule_notices_what_breaks_it(line: str) -> None:
    assert list(faults_in(line))


def targets() -> dict[str, str]:
    """Target → explanation, from the Makefile."""
    found = re.findall(r"^([a-z][a-z-]*):[^#\n]*(?:## (.+))?$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    return dict(found)


def test_the_readmes_commands_exist() -> None:
    for page in ("README.md", "CONTRIBUTING.md"):
        named = set(re.findall(r"\bmake ([a-z][a-z-]*)", (ROOT / page).read_text()))
        assert named
        assert named <= set(targets())


def test_what_the_documents_link_to_is_there() -> None:
    pages = [path for path in tracked() if path.endswith(".md")]
    dead = [
        f"{page}: {target}"
        for page in pages
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", (ROOT / page).read_text())
        if not (ROOT / page).parent.joinpath(target).exists()
    ]
    assert dead == []


def test_every_block_of_our_stylesheets_is_closed() -> None:
    # A browser takes what follows an open block for a part of it, and says nothing.
    sheets = [path for path in tracked() if path.endswith(".css")]
    assert len(sheets) >= 4
    assert [
        path for path in sheets if (text := (ROOT / path).read_text()).count("{") != text.count("}")
    ] == []


def test_every_target_is_explained() -> None:
    assert [name for name, explanation in targets().items() if not explanation and name != "bootstrap"] == []


def test_ci_calls_the_readmes_test_command() -> None:
    assert "make test" in (ROOT / ".ci/run").read_text()
