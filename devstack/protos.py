"""Generates `gen/` from `proto/`, or checks that it is what the contract says."""

import filecmp
import shutil
import subprocess
import sys
import tempfile
from importlib.resources import files
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "proto"
TARGET = ROOT / "gen"


def generate(target: Path) -> None:
    """Write messages, services and their types for every proto file into `target`."""
    names = sorted(str(file.relative_to(SOURCE)) for file in SOURCE.rglob("*.proto"))
    well_known = str(files("grpc_tools") / "_proto")
    plugins = Path(sys.executable).parent
    command = [
        sys.executable, "-m", "grpc_tools.protoc", f"--proto_path={SOURCE}", f"--proto_path={well_known}",
        f"--plugin=protoc-gen-mypy={plugins / 'protoc-gen-mypy'}",
        f"--plugin=protoc-gen-mypy_grpc={plugins / 'protoc-gen-mypy_grpc'}",
        f"--python_out={target}", f"--grpc_python_out={target}",
        f"--mypy_out=quiet:{target}", f"--mypy_grpc_out=quiet:{target}", *names,
    ]  # fmt: skip
    subprocess.run(command, check=True, cwd=ROOT)


def regenerate() -> None:
    """Replace `gen/kontor` as a whole, so that a deleted proto leaves nothing behind."""
    with tempfile.TemporaryDirectory(dir=ROOT, prefix=".gen-") as folder:
        generate(Path(folder))
        shutil.rmtree(TARGET / "kontor", ignore_errors=True)
        TARGET.mkdir(exist_ok=True)
        shutil.move(str(Path(folder) / "kontor"), str(TARGET / "kontor"))


def differences() -> list[str]:
    """The files of `gen/` that a fresh generation would change."""
    with tempfile.TemporaryDirectory(prefix="kontor-gen-") as folder:
        fresh = Path(folder)
        generate(fresh)
        names = _names(fresh) | _names(TARGET)
        return sorted(name for name in names if not _same(fresh / name, TARGET / name))


def _names(folder: Path) -> set[str]:
    return {str(file.relative_to(folder)) for file in folder.rglob("*.py*") if file.suffix in {".py", ".pyi"}}


def _same(left: Path, right: Path) -> bool:
    return left.exists() and right.exists() and filecmp.cmp(left, right, shallow=False)


def main() -> int:
    """`generate` writes, `check` compares; answers the exit code."""
    if sys.argv[1:] == ["generate"]:
        regenerate()
        return 0
    changed = differences()
    for name in changed:
        print(f"gen/{name} is not what proto/ says; run `make proto` and commit it.")
    return 1 if changed else 0


if __name__ == "__main__":
    sys.exit(main())
