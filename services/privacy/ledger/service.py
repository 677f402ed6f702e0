"""The ledger's use cases: write an entry, sign a statement, publish it where no restore rolls it back."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Mapping
from typing import Any

from nats.errors import Error as NatsError
from nats.js.errors import APIError

from kernel.bus import LEDGER_STREAM, Bus
from kernel.clock import Clock
from kernel.db import Database
from kernel.errors import Unavailable
from kernel.signing import Signer
from services.privacy.ledger import store
from services.privacy.ledger.model import LedgerEntry, sign_statement

_PATIENCE_S = 5.0


class LedgerUnavailable(Unavailable):
    """The stream outside of this database does not answer; nothing may be destroyed meanwhile."""


class LedgerService:
    """Keeps promises to erase in two places: a table here, and a stream of their own."""

    def __init__(self, database: Database, bus: Bus, signer: Signer, clock: Clock) -> None:
        self._database = database
        self._bus = bus
        self._signer = signer
        self._clock = clock
        self._stream_ready = False

    async def record(self, entry: LedgerEntry) -> LedgerEntry:
        """Writes the entry, commits, and publishes it; returns when both copies are safe.

        Asked again with the same id, the first entry is the one that counts. Errors: LedgerUnavailable.
        """
        async with self._database.transaction() as session:
            await store.add(session, entry)
            first = await store.find(session, entry.id)
        assert first is not None
        await self.publish("erasure", str(first.id), self.signed_statement(first.content()))
        return first

    async def find(self, entry_id: uuid.UUID) -> LedgerEntry | None:
        """An entry by id."""
        async with self._database.reading() as session:
            return await store.find(session, entry_id)

    def signed_statement(self, content: Mapping[str, Any]) -> str:
        """The content, signed with this service's key."""
        return sign_statement(content, self._signer)

    async def publish(self, kind: str, statement_id: str, statement: str) -> None:
        """Publishes to `ledger.<kind>` and waits for the stream's acknowledgement.

        The same id twice is one message inside the broker's window, and one statement for whoever
        reads the union later. Errors: LedgerUnavailable.
        """
        headers = {
            "Nats-Msg-Id": statement_id,
            "ce-id": statement_id,
            "ce-type": f"kontor.ledger.{kind}",
            "ce-source": "kontor/privacy",
            "ce-time": self._clock.now().isoformat(),
            "content-type": "application/json",
        }
        try:
            async with asyncio.timeout(_PATIENCE_S):
                await self._ensure_stream()
                await self._bus.publish(f"ledger.{kind}", statement.encode(), headers)
        except (NatsError, APIError, TimeoutError, OSError) as error:
            raise LedgerUnavailable(
                "The ledger's stream does not answer.", reason="LEDGER_UNAVAILABLE"
            ) from error

    async def _ensure_stream(self) -> None:
        if not self._stream_ready:
            await self._bus.ensure_stream(LEDGER_STREAM, subjects=["ledger.>"], days=None)
            self._stream_ready = True
