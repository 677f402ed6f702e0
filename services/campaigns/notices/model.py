"""What a notice can be about."""

from __future__ import annotations

from enum import IntEnum

from kernel.errors import NotFound


class Kind(IntEnum):
    """As on the wire."""

    RECEIVED = 1
    IDENTIFIED = 2
    EXTENDED = 3
    PLANNED = 4
    COMPLETED = 5
    REFUSED = 6
    IDENTITY_CODE = 7
    ERASED = 8
    PARTLY_ERASED = 9
    HELD = 10


# To somebody whom only privacy still knows, until the mail has gone out.
FAREWELLS = (Kind.ERASED, Kind.PARTLY_ERASED)


class NoticeNotFound(NotFound):
    """Nobody asked for this mail."""
