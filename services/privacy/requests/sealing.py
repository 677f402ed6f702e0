"""Encryption of the identifiers that an erasure must remember until it is complete."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import asdict

from cryptography.fernet import Fernet

from services.privacy.requests.model import Identifiers


class Seal:
    """Seals identifiers with a key derived from the process's secret; a dump of the table shows nobody."""

    def __init__(self, secret: str) -> None:
        digest = hashlib.sha256(b"request-identifiers\0" + secret.encode()).digest()
        self._fernet = Fernet(base64.urlsafe_b64encode(digest))

    def close(self, identifiers: Identifiers) -> bytes:
        """The sealed form."""
        return self._fernet.encrypt(json.dumps(asdict(identifiers)).encode())

    def open(self, sealed: bytes) -> Identifiers:
        """What was sealed. Errors: InvalidToken if the secret is another one."""
        content = json.loads(self._fernet.decrypt(sealed))
        return Identifiers(**{name: tuple(values) for name, values in content.items()})
