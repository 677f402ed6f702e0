"""What a mail about an asking brings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum


class Kind(IntEnum):
    """As on the wire."""

    CODE = 1
    NOTHING_HELD = 2
    KEPT = 3


@dataclass(frozen=True, slots=True)
class Asking:
    """What the mail is about, as privacy knows it. Lives in memory only."""

    email: str
    language: str
    # The kind of the request, as on the wire.
    right: int
    asked_at: datetime
    suppressed: bool
