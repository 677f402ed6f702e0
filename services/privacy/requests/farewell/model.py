"""The last mail as a value: whom it goes to, what it says, how long it is tried."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, timedelta

from kernel.errors import NotFound

# Then the address goes, whether the mail has or not: it is kept for this one mail only.
LASTS = timedelta(days=14)
# The step that says what became of it.
SENT, FAILED, NO_ADDRESS = "farewell-sent", "farewell-failed", "farewell-no-address"


class FarewellOver(NotFound):
    """The mail has gone out, was given up, or never was: nobody knows any more whom it went to."""


class NobodyToName(NotFound):
    """Every recipient is told, or their time is over: nobody knows any more who was erased."""


@dataclass(frozen=True, slots=True)
class UnderWay:
    """A mail whose end nobody has noted yet."""

    id: uuid.UUID
    request_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class Kept:
    """Something that a law keeps beyond the erasure, in words."""

    what: str
    law: str
    until: date


@dataclass(frozen=True, slots=True)
class Enclosure:
    """The certificate in one format."""

    file_name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Farewell:
    """The mail, as it goes out."""

    address: str
    language: str
    kept: tuple[Kept, ...] = ()
    enclosures: tuple[Enclosure, ...] = ()
    # Who had the data from us, by name.
    recipients: tuple[str, ...] = ()
