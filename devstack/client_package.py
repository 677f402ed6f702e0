"""`make client`: builds the installable Python client from the contract, offline, into `dist/`."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "clients" / "python"


def build(target: Path) -> Path:
    """The wheel in `target`: the client's own code, and the committed stubs as the package `kontor`."""
    with tempfile.TemporaryDirectory(prefix="kontor-client-") as folder:
        tree = Path(folder) / "tree"
        shutil.copytree(SOURCE, tree, ignore=shutil.ignore_patterns("__pycache__", "examples"))
        shutil.copytree(
            ROOT / "gen" / "kontor", tree / "kontor", ignore=shutil.ignore_patterns("__pycache__")
        )
        shutil.copy(ROOT / "LICENSE", tree)
        (tree / "kontor" / "py.typed").touch()
        # Without isolation: setuptools is in the locked set, so nothing is fetched.
        command = [
            sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-index", "--no-build-isolation",
            "--wheel-dir", folder, str(tree),
        ]  # fmt: skip
        subprocess.run(command, check=True)
        (wheel,) = Path(folder).glob("*.whl")
        target.mkdir(parents=True, exist_ok=True)
        return Path(shutil.move(str(wheel), str(target / wheel.name)))


def main() -> int:
    """Answers the exit code."""
    print(build(ROOT / "dist").relative_to(ROOT))
    return 0


if __name__ == "__main__":
    sys.exit(main())
