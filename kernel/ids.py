"""Identifiers: UUIDv7 for records, UUIDv5 for ids that must come out the same twice."""

from __future__ import annotations

import os
import threading
import time
import uuid

from asyncpg.pgproto.pgproto import UUID

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
    return uuid.UUID(bytes=_high(ticks) + _low(os.urandom(8)))


def new_ids(count: int) -> list[uuid.UUID]:
    """As many as `new_id` would make one after the other, at a fraction of the cost; the driver's own kind of UUID."""
    global _last
    with _lock:
        first = max(_last + 1, (time.time_ns() << 12) // 1_000_000)
        _last = first + count - 1
    random = os.urandom(8 * count)
    return [UUID(_high(first + at) + _low(random[8 * at : 8 * at + 8])) for at in range(count)]


def _high(ticks: int) -> bytes:
    return (((ticks >> 12) << 16) | 0x7000 | (ticks & 0xFFF)).to_bytes(8, "big")


def _low(random: bytes) -> bytes:
    return bytes((0x80 | (random[0] & 0x3F),)) + random[1:]


def derived_id(parent: uuid.UUID, name: str) -> uuid.UUID:
    """The same id for the same parent and name, for steps that may be repeated after a crash."""
    return uuid.uuid5(parent, name)
