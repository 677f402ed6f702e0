"""Identifiers: UUIDv7 for records, UUIDv5 for ids that must come out the same twice."""

from __future__ import annotations

import os
import threading
import time
import uuid

_lock = threading.Lock()
_last = 0


def new_id() -> uuid.UUID:
    """A UUIDv7 (RFC 9562 §5.7) that is greater than every id this process made before.

    Twelve bits of sub-millisecond time keep ids of one process in order, which keeps
    index pages dense and lists stable.
    """
    global _last
    with _lock:
        # 60 bits: 48 of milliseconds, 12 of the fraction (RFC 9562 §6.2, method 3).
        ticks = (time.time_ns() << 12) // 1_000_000
        _last = max(_last + 1, ticks)
        ticks = _last
    high = ((ticks >> 12) << 16) | 0x7000 | (ticks & 0xFFF)
    low = (0b10 << 62) | (int.from_bytes(os.urandom(8), "big") >> 2)
    return uuid.UUID(int=(high << 64) | low)


def derived_id(parent: uuid.UUID, name: str) -> uuid.UUID:
    """The same id for the same parent and name, for steps that may be repeated after a crash."""
    return uuid.uuid5(parent, name)
