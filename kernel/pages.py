"""Page tokens that cannot be forged, nor carried over to another list or filter."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

from google.protobuf.message import Message

from kernel.errors import InvalidArgument
from kernel.rpc.call import current_call

_MAC_BYTES = 16
# What may differ between two pages of one list.
_NOT_THE_FILTER = ("page_size", "page_token")


class Pages:
    """Makes and reads page tokens: a keyset position, bound by HMAC to caller, request type and filter."""

    def __init__(self, secret: str) -> None:
        self._key = hashlib.sha256(b"page-token\0" + secret.encode()).digest()

    def token(self, request: Message, position: list[Any]) -> str:
        """The token that continues `request` after `position` (JSON-able values of the sort keys)."""
        body = json.dumps(position, separators=(",", ":")).encode()
        return base64.urlsafe_b64encode(self._mac(request, body) + body).decode().rstrip("=")

    def position(self, request: Message) -> list[Any] | None:
        """Where to go on; None for the first page. Errors: InvalidArgument for any other token."""
        token: str = request.page_token  # type: ignore[attr-defined]
        if not token:
            return None
        try:
            raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        except ValueError as error:
            raise _refused() from error
        mac, body = raw[:_MAC_BYTES], raw[_MAC_BYTES:]
        if not hmac.compare_digest(mac, self._mac(request, body)):
            raise _refused()
        return list(json.loads(body))

    def _mac(self, request: Message, body: bytes) -> bytes:
        scope = type(request)()
        scope.CopyFrom(request)
        for field in _NOT_THE_FILTER:
            scope.ClearField(field)
        call = current_call()
        caller = call.principal.subject if call is not None and call.principal is not None else ""
        # Lengths first: two parts must not be read as one another, whatever they contain.
        parts = (
            request.DESCRIPTOR.full_name.encode(),
            caller.encode(),
            scope.SerializeToString(deterministic=True),
            body,
        )
        bound = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
        return hmac.new(self._key, bound, hashlib.sha256).digest()[:_MAC_BYTES]


def page_size(asked: int, *, default: int = 50) -> int:
    """The size to use; 0 means the default (AIP-158)."""
    return asked or default


def _refused() -> InvalidArgument:
    return InvalidArgument(
        "The page token does not belong to this list; start again without it.",
        reason="PAGE_TOKEN_INVALID",
        violations={"page_token": "is not a token of this list and filter"},
    )
