"""Encryption of the identifiers that an erasure must remember until it is complete."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict

from cryptography.fernet import Fernet, MultiFernet

from services.privacy.requests.model import Identifiers


class Seal:
    """Seals identifiers with a key derived from the process's secret; a dump of the table shows nobody.

    The first of the `secrets` seals; former ones open what was sealed with them.
    """

    def __init__(self, secrets: Sequence[str]) -> None:
        self._fernet = MultiFernet([_fernet(secret) for secret in secrets])

    def close(self, identifiers: Identifiers) -> bytes:
        """The sealed form."""
        return self._fernet.encrypt(json.dumps(asdict(identifiers)).encode())

    def open(self, sealed: bytes) -> Identifiers:
        """What was sealed. Errors: InvalidToken if none of the secrets did it."""
        content = json.loads(self._fernet.decrypt(sealed))
        main = content.pop("main", "")
        return Identifiers(**{name: tuple(values) for name, values in content.items()}, main=main)


def _fernet(secret: str) -> Fernet:
    digest = hashlib.sha256(b"request-identifiers\0" + secret.encode()).digest()
    return Fernet(base64.urlsafe_b64encode(digest))
