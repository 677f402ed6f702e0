"""The image carries the product and nothing of the embedded development stack."""

import re
from fnmatch import fnmatch

import pytest

from tests.chart.rendering import ROOT

DOCKERFILE = ROOT / "deploy" / "images" / "Dockerfile"
IGNORE = ROOT / ".dockerignore"


def test_nothing_is_copied_but_the_product() -> None:
    allowed = {
        "kernel", "services", "gen", "requirements/base.txt", "requirements/web.txt",
        "package.json", "package-lock.json", ".npmrc",
    }  # fmt: skip
    assert set(copied()) == allowed


@pytest.mark.parametrize(
    "folder", ["devstack", "tests", "bench", ".git", ".kontor", ".venv", "deploy", "docs"]
)
def test_build_context_leaves_out(folder: str) -> None:
    assert not in_context(folder)
    assert not in_context(f"{folder}/anything.py")


def test_everything_that_is_copied_exists_and_is_in_the_build_context() -> None:
    for source in copied():
        assert in_context(source), source
        assert (ROOT / source).exists(), source


def test_libraries_are_installed_by_hash_only() -> None:
    installs = [line for line in instructions() if "pip install" in line]
    assert installs
    for line in installs:
        assert "--require-hashes" in line
        assert "--only-binary=:all:" in line
        assert "dev.txt" not in line


def test_tools_that_the_recipe_runs_exist() -> None:
    tools = set(re.findall(r"python -m (\w+\.[\w.]+)", "\n".join(instructions())))
    assert tools == {"kernel.web.vendor", "kernel.web.compile_translations"}
    for tool in tools:
        assert (ROOT / tool.replace(".", "/")).with_suffix(".py").is_file(), tool


def test_image_runs_as_the_user_that_the_chart_names() -> None:
    user = [line.split()[1] for line in instructions() if line.startswith("USER ")]
    template = (ROOT / "deploy/helm/kontor/templates/deployment.yaml").read_text()
    uid, gid = (re.search(rf"{key}: (\d+)", template) for key in ("runAsUser", "runAsGroup"))
    assert uid is not None
    assert gid is not None
    assert user == [f"{uid[1]}:{gid[1]}"]


def instructions() -> list[str]:
    """The recipe's instructions, continued lines joined, comments left out."""
    lines = [line for line in DOCKERFILE.read_text().splitlines() if not line.lstrip().startswith("#")]
    return [line for line in "\n".join(lines).replace("\\\n", " ").splitlines() if line.strip()]


def copied() -> list[str]:
    """What the recipe takes from the build context."""
    found: list[str] = []
    for line in instructions():
        words = line.split()
        if words[0] in {"COPY", "ADD"} and not words[1].startswith("--from="):
            found += words[1:-1]
    return found


def in_context(path: str) -> bool:
    """Whether a build sees the path: the last matching line of .dockerignore decides."""
    kept = True
    for line in IGNORE.read_text().splitlines():
        pattern = line.strip().removeprefix("!")
        if not pattern or pattern.startswith("#"):
            continue
        anywhere = pattern.removeprefix("**/")
        names = {path, *(str(parent) for parent in _parents(path))}
        if any(fnmatch(name, pattern) or (anywhere != pattern and fnmatch(name, anywhere)) for name in names):
            kept = line.strip().startswith("!")
    return kept


def _parents(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:end]) for end in range(1, len(parts))]
