"""Copies the few npm files that pages use into `static/vendor`, which is never committed.

Run after `npm ci`: ``python -m kernel.web.vendor node_modules``
"""

import shutil
import sys
from pathlib import Path

TARGET = Path(__file__).resolve().parent / "static" / "vendor"

FILES = {
    "@tabler/core/dist/css/tabler.min.css": "tabler.min.css",
    "@tabler/core/dist/js/tabler.min.js": "tabler.min.js",
    "htmx.org/dist/htmx.min.js": "htmx.min.js",
    "@fontsource-variable/inter/files/inter-latin-wght-normal.woff2": "inter-latin.woff2",
    "@fontsource-variable/inter/files/inter-latin-ext-wght-normal.woff2": "inter-latin-ext.woff2",
}
FOLDERS = {"@tabler/icons/icons/outline": "icons"}


def copy(node_modules: Path, *, target: Path = TARGET) -> int:
    """Copy everything; answers the number of files. A missing source is an error at once."""
    target.mkdir(parents=True, exist_ok=True)
    for source, name in FILES.items():
        shutil.copyfile(node_modules / source, target / name)
    count = len(FILES)
    for source, name in FOLDERS.items():
        shutil.copytree(node_modules / source, target / name, dirs_exist_ok=True)
        count += sum(1 for _ in (target / name).iterdir())
    return count


if __name__ == "__main__":
    print(f"{copy(Path(sys.argv[1]))} files in {TARGET}")
