"""Keyed hashes of erased addresses: they can be recognised, and nobody without the key can tell which they are."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable

from services.contacts.text import email_key


class Fingerprints:
    """HMAC-SHA-256 under a key derived from the process's secret.

    The secret may be exchanged at any time: only calls in flight need the hashes, and those end with the process.
    """

    def __init__(self, secret: str) -> None:
        self._key = hashlib.sha256(b"erased-address\0" + secret.encode()).digest()

    def of(self, email: str) -> bytes:
        """The hash of an address in its normal form, as contacts keep it."""
        return hmac.digest(self._key, (email_key(email) or "").encode(), "sha256")

    def of_all(self, emails: Iterable[str]) -> list[bytes]:
        """The hash of each address, in the order given; empty for an empty one."""
        return [self.of(email) if email else b"" for email in emails]
