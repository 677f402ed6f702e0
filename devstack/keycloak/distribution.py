"""Keycloak's distribution: fetched by Maven coordinates or taken from a folder, built once, kept for all stacks.

`python -m devstack.keycloak.distribution` fetches and builds it ahead of time.
"""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from devstack.keycloak import java
from devstack.keycloak.errors import KeycloakFailed

VERSION = "26.7.1"
ARTIFACT = f"org.keycloak:keycloak-quarkus-dist:{VERSION}:zip"
SHA256 = "2a67bb5773b6bb027461f485241379ac93dcfe353ffc1911f8b7ba7206c88b33"
# Passkeys beside the password came with it.
_OLDEST_MINOR = 4
# What `kc.sh build` fixes; everything else is said at the start.
BUILD = ("--db=postgres", "--health-enabled=true", "--http-management-health-enabled=false")
_BUILD_SECONDS = 300
_FETCH_SECONDS = 600


def built() -> Path:
    """The folder of a built distribution; the first call takes a minute, later ones nothing.

    Raises `KeycloakFailed` if neither `KEYCLOAK_HOME` nor Maven can give one, or Java cannot build it.
    """
    home = os.environ.get("KEYCLOAK_HOME", "")
    target = _cache() / (_name_of(Path(home)) if home else f"keycloak-{VERSION}-{_stamp(SHA256)}")
    with _locked(target):
        if not target.is_dir():
            _make(Path(home) if home else None, target)
    return target


def obstacle() -> str | None:
    """Why no distribution can be had on this machine; `None` if one can, or is there already."""
    if os.environ.get("KEYCLOAK_HOME") or shutil.which("mvn"):
        return None
    if (_cache() / f"keycloak-{VERSION}-{_stamp(SHA256)}").is_dir():
        return None
    return (
        f"Keycloak {VERSION} comes by its Maven coordinates, and there is no `mvn` on this machine. "
        "Install Maven (Debian: apt-get install maven), or unpack a Keycloak 26 yourself and name its folder: "
        "KEYCLOAK_HOME=/path/to/keycloak"
    )


def _make(home: Path | None, target: Path) -> None:
    """Build beside the target and rename: a build cut short must never look complete."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix="building-") as place:
        fresh = Path(place) / "keycloak"
        if home is None:
            _unpack(_fetch(Path(place)), fresh)
        else:
            shutil.copytree(home, fresh, symlinks=True, ignore=shutil.ignore_patterns("data"))
        _build(fresh)
        fresh.rename(target)


def _fetch(folder: Path) -> Path:
    if reason := obstacle():
        raise KeycloakFailed(reason)
    command = ["mvn", "--batch-mode", "--quiet", "dependency:copy", f"-Dartifact={ARTIFACT}"]
    try:
        done = subprocess.run(
            [*command, f"-DoutputDirectory={folder}", "-Dmdep.useBaseVersion=true"],
            cwd=folder, capture_output=True, text=True, check=False, timeout=_FETCH_SECONDS,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise KeycloakFailed(f"Maven did not bring {ARTIFACT} within {_FETCH_SECONDS} s.") from error
    if done.returncode != 0:
        raise KeycloakFailed(f"Maven could not fetch {ARTIFACT}:\n{_tail(done.stdout + done.stderr)}")
    archive = next(folder.glob("*.zip"))
    if hashlib.sha256(archive.read_bytes()).hexdigest() != SHA256:
        raise KeycloakFailed(f"What Maven brought as {ARTIFACT} is not the file that was reviewed.")
    return archive


def _unpack(archive: Path, target: Path) -> None:
    with zipfile.ZipFile(archive) as opened:
        opened.extractall(archive.parent)
    # The archive holds one folder with everything in it.
    (archive.parent / f"keycloak-{VERSION}").rename(target)


def _build(folder: Path) -> None:
    script = folder / "bin" / "kc.sh"
    try:
        done = subprocess.run(
            ["sh", str(script), "build", *BUILD],
            cwd=folder, env=java.environment(java.java_home()), capture_output=True, text=True, check=False,
            timeout=_BUILD_SECONDS,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise KeycloakFailed(f"Keycloak's build did not end within {_BUILD_SECONDS} s.") from error
    if done.returncode != 0:
        raise KeycloakFailed(f"Keycloak's build failed:\n{_tail(done.stdout + done.stderr)}")


def _name_of(home: Path) -> str:
    """The cache's name for a folder that somebody named, or a sentence about what is wrong with it."""
    version = home / "version.txt"
    if not (home / "bin" / "kc.sh").is_file() or not version.is_file():
        raise KeycloakFailed(
            f"KEYCLOAK_HOME={home} is no unpacked Keycloak: it lacks bin/kc.sh or version.txt."
        )
    found = re.search(r"(\d+)\.(\d+)[.\d]*", version.read_text())
    if found is None or int(found[1]) != 26 or int(found[2]) < _OLDEST_MINOR:
        raise KeycloakFailed(
            f"KEYCLOAK_HOME={home} is {version.read_text().strip()!r}; "
            f"Kontor needs Keycloak 26, from 26.{_OLDEST_MINOR} on."
        )
    return f"keycloak-{found[0]}-{_stamp(str(home.resolve()), str(version.stat().st_mtime_ns))}"


def _stamp(*parts: str) -> str:
    return hashlib.sha256("\n".join([*parts, *BUILD]).encode()).hexdigest()[:12]


def _cache() -> Path:
    """The user's cache folder: a distribution of 200 MB serves every stack and every test run."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "kontor"


@contextmanager
def _locked(target: Path) -> Iterator[None]:
    """One builder at a time; the others wait and find the result."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        lock = target.with_name(f"{target.name}.lock").open("w")
    except OSError as error:
        raise KeycloakFailed(
            f"Kontor cannot use its cache folder {target.parent}: {error.strerror}."
        ) from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _tail(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.strip().splitlines()[-12:])


def main() -> int:
    """Answers the exit code."""
    try:
        print(built())
    except KeycloakFailed as failure:
        print(failure, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
