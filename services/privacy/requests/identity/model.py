"""Checks as values: how a code is kept, when one is good, and how many there may be."""

from __future__ import annotations

import hashlib
import hmac
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from kernel.errors import FailedPrecondition, ResourceExhausted

# As the mail says. A letter has its month, so a code need not lie about for longer.
LASTS = timedelta(days=7)
# Wrong codes after which a check is void, and codes of one request in a day: more is not a person who mistypes.
MOST_TRIES = 5
A_DAY = 5
CODE_SENT, VERIFIED_BY_CODE = "code-sent", "verified-code"


class CheckEnded(FailedPrecondition):
    """There is no such check, a newer one has taken its place, or nobody doubts any more."""


class TooManyCodes(ResourceExhausted):
    """More codes for one request in a day than a person needs."""


@dataclass(frozen=True, slots=True)
class Check:
    """One code on its way to one address."""

    id: uuid.UUID
    request_id: uuid.UUID
    # None until the mail is made, and again once the check has ended.
    code_mac: bytes | None = None
    tries: int = 0
    expires_at: datetime | None = None
    ended_at: datetime | None = None

    def open_at(self, now: datetime) -> bool:
        """Whether a code may still be entered."""
        return self.ended_at is None and self.expires_at is not None and now < self.expires_at


class CodeHasher:
    """Keyed hashes of codes: a dump of the table lets nobody guess.

    The first of the `secrets` hashes; former ones are compared with, for a code outlives the change of a secret.
    """

    def __init__(self, secrets: Sequence[str]) -> None:
        self._keys = [hashlib.sha256(b"identity-code\0" + secret.encode()).digest() for secret in secrets]

    def of(self, check_id: uuid.UUID, code_sha256: bytes) -> bytes:
        """What is kept. The check is part of it: nobody's code opens somebody else's request."""
        return _mac(self._keys[0], check_id, code_sha256)

    def matches(self, check_id: uuid.UUID, code: str, kept: bytes | None) -> bool:
        """Whether it is the code. Takes as long for a check that does not exist as for one that does."""
        digest = hashlib.sha256(plain_code(code).encode()).digest()
        found = [hmac.compare_digest(_mac(key, check_id, digest), kept or b"") for key in self._keys]
        return any(found)


def plain_code(typed: str) -> str:
    """A code as somebody may type it: small letters, spaces and dashes are not meant."""
    return "".join(character for character in typed.upper() if character.isalnum())


def _mac(key: bytes, check_id: uuid.UUID, code_sha256: bytes) -> bytes:
    return hmac.digest(key, check_id.bytes + code_sha256, "sha256")
