"""Who touched whose data, when, as what and why. Ids only; rows live in the service's own database."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from kontor.options.v1 import options_pb2
from sqlalchemy import Text, Uuid, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY

from kernel import telemetry
from kernel.identity import PAGES
from kernel.rpc.call import ORIGIN

if TYPE_CHECKING:
    from kernel.db import Database, WriteSession
    from kernel.rpc.call import Call

log = telemetry.get_logger(__name__)

FLUSH_EVERY_S = 0.2
# After a failure: a database that is away is asked, and complained of, once a second.
_PAUSE_S = 1.0
# Reads must not outrun the audit: beyond this many unwritten entries a read waits for the flush.
_MOST_PENDING = 5_000

_INSERT = text(
    "INSERT INTO audit_entry (occurred_at, actor, client, roles, teams, method, purpose, subject_ids, mutation, "
    "origin, trace_id) VALUES (:occurred_at, :actor, :client, :roles, :teams, :method, :purpose, :subject_ids, "
    ":mutation, :origin, :trace_id)"
).bindparams(
    bindparam("roles", type_=ARRAY(Text)),
    bindparam("teams", type_=ARRAY(Text)),
    bindparam("subject_ids", type_=ARRAY(Uuid)),
)


class AuditLog:
    """Writes audit entries: a mutation's with its commit, a read's in batches soon after.

    `run` must be running; `close` writes what is left.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._pending: list[dict[str, Any]] = []
        self._wake = asyncio.Event()
        self._flushing = asyncio.Lock()

    async def append(self, session: WriteSession, call: Call) -> None:
        """Adds the entry of a mutation to its own transaction."""
        await session.execute(_INSERT, _entry(call, mutation=True))

    async def note_read(self, call: Call) -> None:
        """Queues the entry of a read that touched somebody's data."""
        if not call.subjects:
            return
        self._pending.append(_entry(call, mutation=False))
        self._wake.set()
        if len(self._pending) >= _MOST_PENDING:
            await self.flush()

    async def run(self) -> None:
        """Flushes while there is something to flush; runs until cancelled."""
        while True:
            await self._wake.wait()
            await asyncio.sleep(FLUSH_EVERY_S)
            self._wake.clear()
            try:
                await self.flush()
            except Exception as error:
                # Whatever it was, the entries are still pending; the next round tries again.
                log.warning("audit entries wait", count=len(self._pending), **telemetry.place_of(error))
                self._wake.set()
                await asyncio.sleep(_PAUSE_S)

    async def flush(self) -> None:
        """Writes all pending entries. Errors: whatever the database raises; then they stay pending."""
        async with self._flushing:
            batch, self._pending = self._pending, []
            if not batch:
                return
            try:
                async with self._database.begin() as session:
                    await session.execute(_INSERT, batch)
            except BaseException:
                self._pending = batch + self._pending
                raise

    async def close(self) -> None:
        """Writes what is left; says so if it cannot."""
        try:
            await self.flush()
        except Exception as error:
            log.error("audit entries lost at exit", count=len(self._pending), **telemetry.place_of(error))


def _entry(call: Call, *, mutation: bool) -> dict[str, Any]:
    principal, access = call.principal, call.method.access
    purpose = options_pb2.Purpose.Name(access.purpose) if access is not None else ""
    return {
        "occurred_at": datetime.now(UTC),
        # Both from the token: whose doing it is, and through which page or service.
        "actor": principal.subject if principal else "public",
        "client": principal.client if principal else "",
        "roles": sorted(principal.roles) if principal else [],
        "teams": sorted(principal.teams) if principal else [],
        "method": call.method.full_name,
        "purpose": purpose.removeprefix("PURPOSE_").lower(),
        "subject_ids": sorted(call.subjects),
        "mutation": mutation,
        "origin": _origin(call),
        "trace_id": call.trace_id or None,
    }


def _origin(call: Call) -> str | None:
    """Where the person sits, as one of our pages saw it; nobody else's word about an address is taken."""
    told = call.metadata.get(ORIGIN, "")
    if call.principal is None or call.principal.client not in PAGES:
        return None
    try:
        return str(ip_address(told))
    except ValueError:
        return None
