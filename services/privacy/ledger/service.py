"""The ledger's use cases: write an entry, sign a statement, publish it where no restore rolls it back."""

from __future__ import annotations

import asyncio
import base64
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from nats.errors import Error as NatsError
from nats.js.errors import APIError

from kernel import telemetry
from kernel.bus import LEDGER_STREAM, Bus
from kernel.clock import Clock
from kernel.db import Database, WriteSession
from kernel.errors import Unavailable
from kernel.signing import Signer
from services.privacy.ledger import store
from services.privacy.ledger.copies import ERASURE, EXPORTS, STREAM, TABLE, Copies
from services.privacy.ledger.exports import ExportFolder
from services.privacy.ledger.model import (
    LedgerEntry,
    Statement,
    Untrusted,
    canonical,
    sign_statement,
    statement_text,
    trusted,
)

log = telemetry.get_logger(__name__)

UNAVAILABLE = "LEDGER_UNAVAILABLE"
_PATIENCE_S = 5.0


@dataclass(frozen=True, slots=True)
class Outside:
    """Where the ledger goes beside the stream, and by which keys statements count that it has not signed itself."""

    folder: Path | None = None
    former_keys: tuple[str, ...] = ()


class LedgerUnavailable(Unavailable):
    """The stream outside of this database does not answer; nothing may be destroyed meanwhile."""


class LedgerService:
    """Keeps promises to erase in two places: a table here, and a stream of their own."""

    def __init__(
        self,
        database: Database,
        bus: Bus,
        signer: Signer,
        clock: Clock,
        *,
        outside: Outside | None = None,
    ) -> None:
        self._database = database
        self._bus = bus
        self._signer = signer
        self._clock = clock
        outside = outside or Outside()
        self._folder = ExportFolder(outside.folder) if outside.folder else None
        self._keys = (signer.public_key, *outside.former_keys)
        self._stream_ready = False

    async def record(self, entry: LedgerEntry) -> LedgerEntry:
        """Writes the entry, commits, and publishes it; returns when both copies are safe.

        Asked again with the same id, the first entry is the one that counts. Errors: LedgerUnavailable.
        """
        async with self._database.transaction() as session:
            await store.add(session, entry, self._signer.sign(canonical(entry.content())))
            first = await store.find(session, entry.id)
        assert first is not None
        await self.publish("erasure", str(first.id), self.signed_statement(first.content()))
        return first

    async def find(self, entry_id: uuid.UUID) -> LedgerEntry | None:
        """An entry by id."""
        async with self._database.reading() as session:
            return await store.find(session, entry_id)

    async def restore(self, session: WriteSession, entry: LedgerEntry, statement: Statement) -> None:
        """Writes down again what another copy of the ledger still knows, as it was signed then."""
        signature = base64.b64decode(json.loads(statement.text)["signature"])
        await store.add(session, entry, signature)

    async def last_round(self, session: WriteSession, request_id: uuid.UUID) -> int:
        """The last round of a request that was promised; 0 if none was."""
        return await store.last_round(session, request_id)

    async def copies(self, *, without_stream: bool = False) -> Copies:
        """Every copy of the ledger: the table, the stream, the exports. Errors: LedgerUnavailable.

        Nothing in it counts that this service has not signed: who can write to the broker or to the backup
        target must not be able to have anybody erased.
        """
        copies = Copies()
        await self._read_exports(copies)
        if not without_stream:
            await self._read_stream(copies)
        await self._read_table(copies)
        return copies

    async def export(self) -> None:
        """Once a day, writes whatever no export has yet; a day that was lost is in the next one."""
        folder, now = self._folder, self._clock.now()
        if folder is None:
            return
        try:
            newest = (await asyncio.to_thread(folder.read, self._keys)).files[-1:]
            if newest and newest[0].made_at.date() == now.date():
                return
            copies = await self.copies()
            for problem in copies.problems:
                log.error("a copy of the ledger is damaged", reason=problem)
            for missing in copies.missing_in(STREAM):
                await self._publish_again(missing)
            new, after = copies.missing_in(EXPORTS), (newest[0] if newest else None)
            write = partial(folder.write, new, after=after, now=now, signer=self._signer)
            made = await asyncio.to_thread(write)
        except OSError as error:
            raise LedgerUnavailable("The backup target does not answer.", reason=UNAVAILABLE) from error
        log.info("ledger exported", number=made.number, count=len(made.statements))

    async def _publish_again(self, missing: Statement) -> None:
        # A stream that was lost, or made anew, gets back what the other copies have.
        content = missing.content
        if content["kind"] == ERASURE:
            await self.publish(ERASURE, str(content["id"]), missing.text)
        else:
            await self.publish(
                str(content["kind"]).removesuffix("-tree-head") + "-head", missing.digest, missing.text
            )

    async def _read_exports(self, copies: Copies) -> None:
        if self._folder is None:
            return
        try:
            exports = await asyncio.to_thread(self._folder.read, self._keys)
        except OSError as error:
            raise LedgerUnavailable("The backup target does not answer.", reason=UNAVAILABLE) from error
        copies.problems += [f"{EXPORTS}: {problem}" for problem in exports.problems]
        for export in exports.files:
            for statement in export.statements:
                copies.add(EXPORTS, statement, f"export {export.number}")

    async def _read_stream(self, copies: Copies) -> None:
        try:
            await asyncio.wait_for(self._bus.wait_ready(), _PATIENCE_S)
            async for sequence, payload in self._bus.read(LEDGER_STREAM):
                where = str(sequence)
                try:
                    if payload is None:
                        raise Untrusted("missing")
                    copies.add(STREAM, trusted(payload, self._keys), where)
                except Untrusted as error:
                    copies.problems.append(f"{STREAM}: {where}: {error}")
        except (NatsError, APIError, TimeoutError, OSError) as error:
            raise LedgerUnavailable("The ledger's stream does not answer.", reason=UNAVAILABLE) from error

    async def _read_table(self, copies: Copies) -> None:
        async with self._database.reading() as session:
            rows = await store.all_entries(session)
        elsewhere = copies.union
        for entry, signature in rows:
            content = entry.content()
            statement = Statement(content, statement_text(content, self._signer.public_key, signature or b""))
            try:
                # What was written before rows had signatures has its signed statement outside.
                known = elsewhere.get(statement.digest)
                copies.add(TABLE, known or trusted(statement.text.encode(), self._keys), str(entry.id))
            except Untrusted as error:
                copies.problems.append(f"{TABLE}: {entry.id}: {error}")

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
            raise LedgerUnavailable("The ledger's stream does not answer.", reason=UNAVAILABLE) from error

    async def _ensure_stream(self) -> None:
        if not self._stream_ready:
            await self._bus.ensure_stream(LEDGER_STREAM, subjects=["ledger.>"], days=None)
            self._stream_ready = True
