"""A disk that fills up while the stack runs: said once when it happens, and once when it is over."""

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path

LEAST_FREE_BYTES = 50 * 1024 * 1024
_LOOK_SECONDS = 1.0


def disk_warning(folder: Path) -> str:
    """A sentence if the disk under `folder` is as good as full, else nothing."""
    free = _free(folder)
    if free >= LEAST_FREE_BYTES:
        return ""
    return f" The disk that holds {folder} is full: {free // 1024 // 1024} MB are left."


async def watch_disk(folder: Path, *, say: Callable[[str], None], on_room: Callable[[], None]) -> None:
    """Looks until cancelled. `on_room` repairs what does not recover from a full disk by itself."""
    full = False
    while True:
        await asyncio.sleep(_LOOK_SECONDS)
        if not full and (warning := disk_warning(folder)):
            full = True
            say(
                f"{warning.strip()} What is sent now is refused and nothing that was accepted is lost. Make room."
            )
        # Twice as much as was too little: at the very limit it would be full and not full in turn.
        elif full and _free(folder) >= 2 * LEAST_FREE_BYTES:
            full = False
            say(f"The disk that holds {folder} has room again")
            on_room()


def _free(folder: Path) -> int:
    return shutil.disk_usage(folder).free
