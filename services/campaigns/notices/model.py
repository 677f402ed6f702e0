"""What a notice can be about."""

from __future__ import annotations

from enum import IntEnum


class Kind(IntEnum):
    """As on the wire."""

    RECEIVED = 1
    IDENTIFIED = 2
    EXTENDED = 3
    PLANNED = 4
    COMPLETED = 5
    REFUSED = 6
    IDENTITY_CODE = 7
