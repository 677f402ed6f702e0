"""What the relay can prove: which Message-IDs it has accepted."""

from __future__ import annotations

import asyncio
import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Sequence

from kernel.errors import Unavailable

# A URL of these stays far below what web servers take.
_PER_REQUEST = 50
_TIMEOUT_S = 10.0


class RelayEvidence:
    """Asks the relay over HTTP: GET url?message_id=…&message_id=… → {"accepted": [message ids]}."""

    def __init__(self, url: str) -> None:
        self._url = url

    async def accepted(self, message_ids: Sequence[str]) -> set[str]:
        """Those of the Message-IDs that the relay has accepted. Errors: Unavailable if it does not say."""
        found: set[str] = set()
        for start in range(0, len(message_ids), _PER_REQUEST):
            found |= await asyncio.to_thread(self._ask, message_ids[start : start + _PER_REQUEST])
        return found

    def _ask(self, message_ids: Sequence[str]) -> set[str]:
        query = urllib.parse.urlencode([("message_id", one) for one in message_ids])
        try:
            # The address is configured by the operator.
            with urllib.request.urlopen(f"{self._url}?{query}", timeout=_TIMEOUT_S) as answer:  # noqa: S310
                return {str(one) for one in json.load(answer)["accepted"]}
        except (OSError, ValueError, KeyError, TypeError) as error:
            # Guessing either way would lose somebody or double somebody; waiting does neither.
            raise Unavailable(
                "The relay does not say what it has accepted.", reason="RELAY_EVIDENCE_UNAVAILABLE"
            ) from error
