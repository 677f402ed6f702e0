"""The machine behind requests: moves on whatever can be moved, and deletes copies whose time is over."""

from __future__ import annotations

from datetime import timedelta
from typing import Protocol

from kernel import telemetry
from kernel.clock import Clock
from kernel.db import Database
from services.privacy.requests import store
from services.privacy.requests.model import (
    DOCUMENT_FAILED,
    UNEXPECTED,
    DocumentFailed,
    Kind,
    Request,
    next_attempt,
)
from services.privacy.requests.tables import ACCESS_DOCUMENT_KEPT_DAYS

log = telemetry.get_logger(__name__)


class Procedure(Protocol):
    """Carries out requests of one kind, step by step."""

    async def advance(self, request: Request) -> None: ...


class RequestJobs:
    """Runs under a lease, so one process at a time works on requests."""

    def __init__(self, database: Database, clock: Clock, *, access: Procedure, erasure: Procedure) -> None:
        self._database = database
        self._clock = clock
        self._procedures = {Kind.ACCESS: access, Kind.ERASURE: erasure}

    async def work(self) -> None:
        """Moves every request as far as it goes. One that fails does not hold up the others."""
        async with self._database.reading() as session:
            due = await store.due(session, self._clock.now())
        for request in due:
            try:
                await self._procedures[request.kind].advance(request)
            except Exception as error:
                log.error("request stands still", request_id=request.id, **telemetry.place_of(error))
                await self._stall(request, error)

    async def _stall(self, request: Request, error: Exception) -> None:
        """Nobody waits for a holder here: the request says why it stands still, and is tried again later."""
        now = self._clock.now()
        problem = DOCUMENT_FAILED if isinstance(error, DocumentFailed) else UNEXPECTED
        async with self._database.transaction() as session:
            await store.stall(session, request.id, problem, at=now)
            again = next_attempt(request.stalled_at or now, now)
            await store.change(session, request.id, waiting_for=[], retry_at=again)

    async def delete_overdue(self) -> None:
        """Deletes copies of data after thirty days."""
        before = self._clock.now() - timedelta(days=ACCESS_DOCUMENT_KEPT_DAYS)
        async with self._database.transaction() as session:
            await store.delete_documents(session, before=before)
