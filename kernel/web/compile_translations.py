"""Compiles every committed `.po` catalog to the `.mo` that gettext reads.

Run at bootstrap: ``python -m kernel.web.compile_translations``; applications also call
`compile_stale` when they start, so that a forgotten run shows no half-translated page.
"""

import os
import sys
import tempfile
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parents[2]


def compile_stale(folder: Path) -> int:
    """Compile the catalogs under `folder` whose `.mo` is missing or older; answers how many."""
    count = 0
    for source in sorted(folder.glob("*/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
            continue
        _compile(source, target)
        count += 1
    return count


def catalog_folders(root: Path = ROOT) -> list[Path]:
    """Every folder that holds catalogs: the shared one and one for each web service."""
    return [root / "kernel/web/translations", *sorted(root.glob("services/*/translations"))]


def _compile(source: Path, target: Path) -> None:
    with source.open("rb") as stream:
        catalog = read_po(stream, locale=source.parts[-3])
    # Two processes may start at once: each writes its own file, the rename is atomic.
    handle, name = tempfile.mkstemp(dir=target.parent, suffix=".mo.tmp")
    try:
        with os.fdopen(handle, "wb") as stream:
            write_mo(stream, catalog)
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def main() -> int:
    """Compile all catalogs of the tree."""
    total = sum(compile_stale(folder) for folder in catalog_folders())
    print(f"{total} catalogs compiled")
    return 0


if __name__ == "__main__":
    sys.exit(main())
