"""Tokens of the links in mails: the key is the link itself, so that nobody needs a login to stop mail."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import uuid

_MAC_BYTES = 16
_TOKEN_CHARACTERS = 43


class LinkTokens:
    """Makes and reads tokens that name one record: its id and an HMAC-SHA-256 over it, cut to 128 bits.

    `purpose` keeps the tokens of one kind of link from opening another kind.
    """

    def __init__(self, secret: str, *, purpose: str) -> None:
        self._key = hashlib.sha256(f"link\0{purpose}\0{secret}".encode()).digest()

    def token(self, record_id: uuid.UUID) -> str:
        """The token of a record; always the same."""
        raw = record_id.bytes + self._mac(record_id.bytes)
        return base64.urlsafe_b64encode(raw).decode().rstrip("=")

    def record_id(self, token: str) -> uuid.UUID | None:
        """The record that the token names; None if the token is not ours."""
        if len(token) != _TOKEN_CHARACTERS or not token.isascii():
            return None
        try:
            raw = base64.b64decode(token + "=", altchars=b"-_", validate=True)
        except binascii.Error:
            return None
        record, mac = raw[:16], raw[16:]
        if not hmac.compare_digest(mac, self._mac(record)):
            return None
        found = uuid.UUID(bytes=record)
        # The last character of base64 has unused bits: one record has one token, not four.
        return found if hmac.compare_digest(token, self.token(found)) else None

    def _mac(self, record: bytes) -> bytes:
        return hmac.new(self._key, record, hashlib.sha256).digest()[:_MAC_BYTES]
