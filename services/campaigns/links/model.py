"""Tokens of the links in mails: the key is the link itself, so that nobody needs a login to stop mail."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import uuid
from collections.abc import Sequence

_MAC_BYTES = 16
_TOKEN_CHARACTERS = 43


class LinkTokens:
    """Makes and reads tokens that name one record: its id and an HMAC-SHA-256 over it, cut to 128 bits.

    `purpose` keeps the tokens of one kind of link from opening another kind. The first of the `secrets` makes
    tokens; those of former ones are read, for a mail lies in its mailbox for years.
    """

    def __init__(self, secrets: Sequence[str], *, purpose: str) -> None:
        self._keys = [hashlib.sha256(f"link\0{purpose}\0{secret}".encode()).digest() for secret in secrets]

    def token(self, record_id: uuid.UUID) -> str:
        """The token of a record; the same until the secret is exchanged."""
        return _token(record_id, self._keys[0])

    def digest(self, record_id: uuid.UUID) -> bytes:
        """SHA-256 of the record's token: proves later which link was sent, and opens nothing."""
        return hashlib.sha256(self.token(record_id).encode()).digest()

    def record_id(self, token: str) -> uuid.UUID | None:
        """The record that the token names; None if the token is not ours."""
        if len(token) != _TOKEN_CHARACTERS or not token.isascii():
            return None
        try:
            raw = base64.b64decode(token + "=", altchars=b"-_", validate=True)
        except binascii.Error:
            return None
        found = uuid.UUID(bytes=raw[:16])
        # Whole tokens are compared: the last character of base64 has unused bits, and one record has one token.
        ours = [hmac.compare_digest(token, _token(found, key)) for key in self._keys]
        return found if any(ours) else None


def _token(record_id: uuid.UUID, key: bytes) -> str:
    mac = hmac.digest(key, record_id.bytes, "sha256")[:_MAC_BYTES]
    return base64.urlsafe_b64encode(record_id.bytes + mac).decode().rstrip("=")
