"""Keyed hashes of addresses: the same address gives the same hash, and nobody without the key can tell which."""

from __future__ import annotations

import base64
import hmac
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from kernel.errors import InvalidArgument
from services.privacy.suppression.normalise import is_address, normalise

REASONS = frozenset({"erasure", "objection", "bounce", "import", "staff"})
# What the person's own will lifts, by a new consent or by a wish: entries that stand for that will, or only for its
# being unknown after an erasure. A bounce says that the address does not work, and staff's own reasons are not the
# person's to lift.
LIFTED_BY_THE_PERSON = frozenset({"erasure", "objection", "import"})
# What an entry prevents: every processing of the address for messages, whatever its basis was.
PREVENTS = "marketing"
# The deletion class of an entry (DIN 66398).
KEPT = "entry + until the subject asks to be taken off"


class KeyLost(RuntimeError):
    """Entries whose key is not known protect nobody any more, and nobody would notice."""


class ReasonUnknown(InvalidArgument):
    """An entry must say why it exists, in a word that everybody understands."""


class AddressInvalid(InvalidArgument):
    """What cannot be an address on its channel protects nobody, and looks as if it did."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a message would go."""

    channel: int
    value: str


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry as it is shown: without any address."""

    id: uuid.UUID
    channel: int
    reason: str
    created_at: datetime
    # Whether it was there before it was asked for.
    listed_before: bool = False


class Outcome(IntEnum):
    """What became of one address of a foreign list; the numbers are the contract's."""

    ADDED = 1
    LISTED_BEFORE = 2
    INVALID = 3


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries a list is to show; None asks for all."""

    reason: str | None = None
    channel: int | None = None


@dataclass(frozen=True, slots=True)
class KeyCount:
    """How many entries stand under one key."""

    key_id: str
    count: int
    current: bool


@dataclass(frozen=True, slots=True)
class Counts:
    """How many entries there are: by reason, and by the key that they were made with."""

    by_reason: Mapping[str, int]
    # Every configured key, those without any entry too: only such a former key may be dropped.
    by_key: Sequence[KeyCount]


@dataclass(frozen=True, slots=True)
class Ground:
    """Why an entry may be lifted: a consent of its person, or the person's wish and what shows that it is theirs."""

    contact_id: uuid.UUID | None
    consent_id: uuid.UUID | None = None
    proven_by: str | None = None


@dataclass(frozen=True, slots=True)
class Lifting:
    """That an entry was lifted, when, and on what ground."""

    entry: Entry
    ground: Ground
    lifted_at: datetime


class Hasher:
    """HMAC-SHA-256 with peppers from the secret store.

    New hashes are made with the current key; lookups try every known key, so that a key can be
    exchanged without forgetting what it protected.
    """

    def __init__(self, peppers: Mapping[str, str], *, current: str) -> None:
        self._keys = {key_id: base64.b64decode(pepper) for key_id, pepper in peppers.items()}
        if current not in self._keys:
            raise ValueError(f"there is no suppression pepper with the key id {current!r}")
        self.current = current

    def address(self, address: Address) -> bytes:
        """The hash of an address on its channel; the same address elsewhere has another one."""
        return self._digest(_content(address), self.current)

    def kept_out(self, address: Address) -> str:
        """As an entry is named in a promise to erase: the channel and the hash under the current key."""
        return f"{address.channel}:{self.address(address).hex()}"

    @property
    def key_ids(self) -> frozenset[str]:
        """Every key that lookups try."""
        return frozenset(self._keys)

    def every(self, address: Address) -> list[tuple[str, bytes]]:
        """The address under every known key, as (key id, hash)."""
        content = _content(address)
        return [(key_id, hmac.digest(key, content, "sha256")) for key_id, key in self._keys.items()]

    def ledger(self, kind: str, value: str) -> bytes:
        """The hash of an identifier in the erasure ledger, unlike any in the suppression list."""
        return self._digest(f"ledger\0{kind}\0{value}".encode(), self.current)

    def _digest(self, content: bytes, key_id: str) -> bytes:
        return hmac.digest(self._keys[key_id], content, "sha256")


def promised(named: str) -> tuple[int, bytes]:
    """The channel and the hash of what `Hasher.kept_out` has named. Errors: ValueError."""
    channel, _, address_hash = named.partition(":")
    return int(channel), bytes.fromhex(address_hash)


def _content(address: Address) -> bytes:
    return f"{address.channel}\0{normalise(address.channel, address.value)}".encode()


def require_address(address: Address) -> None:
    """Errors: AddressInvalid."""
    if not is_address(address.channel, address.value):
        raise AddressInvalid(
            "This is no address on this channel.",
            violations={"address.value": "is not an address or number of this channel"},
        )


def require_reason(reason: str) -> None:
    """Errors: ReasonUnknown."""
    if reason not in REASONS:
        raise ReasonUnknown(
            "This reason is not known.", violations={"reason": f"must be one of {', '.join(sorted(REASONS))}"}
        )
