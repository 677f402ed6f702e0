"""Use cases of retention that somebody calls: the dry run, the reports, the word for a deletion that stopped."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from kontor.privacy.v1 import holder_pb2

from kernel.clock import Clock, to_timestamp
from kernel.db import AnySession, Database
from kernel.errors import DomainError
from services.privacy.clients import HolderClient
from services.privacy.retention import store
from services.privacy.retention.model import NothingStopped, Outcome, Run, RunNotFound

# Contacts whose rows stay, whatever their period: asked of the areas that know.
Exempt = Callable[[AnySession], Awaitable[frozenset[uuid.UUID]]]


@dataclass(frozen=True, slots=True)
class Preview:
    """What the next run would delete: per holder what it answered, or why it did not."""

    at: datetime
    holders: Sequence[tuple[str, str, Sequence[holder_pb2.OverdueDataset]]]
    exempt: int


class RetentionService:
    """The deletion concept as staff sees it; `wake` starts the run."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        holders: Sequence[HolderClient],
        exempt: Exempt,
        wake: Callable[[], None],
    ) -> None:
        self._database = database
        self._clock = clock
        self._holders = holders
        self._exempt = exempt
        self._wake = wake

    async def preview_run(self) -> Preview:
        """Asks every holder; one that does not answer is shown as such."""
        now = self._clock.now()
        async with self._database.reading() as session:
            exempt = await self._exempt(session)
        asked = holder_pb2.ListOverdueRequest(
            as_of=to_timestamp(now), exempt_contact_ids=[str(each) for each in sorted(exempt)]
        )
        answers: list[tuple[str, str, Sequence[holder_pb2.OverdueDataset]]] = []
        for holder in self._holders:
            try:
                answers.append((holder.name, "", (await holder.list_overdue(asked)).datasets))
            except DomainError as error:
                answers.append((holder.name, error.reason, ()))
        return Preview(now, answers, len(exempt))

    async def list_runs(self, *, before: date | None, limit: int) -> list[Run]:
        """Runs, the newest first; one more than `limit` if there are more."""
        async with self._database.reading() as session:
            return await store.listed(session, before=before, limit=limit + 1)

    async def approve_deletion(self, run_id: uuid.UUID, *, holder: str, dataset: str) -> Run:
        """Lets a deletion go on that stopped. Errors: RunNotFound, NothingStopped."""
        async with self._database.transaction() as session:
            result = await store.find(session, run_id, holder, dataset, lock=True)
            if result is None:
                raise RunNotFound("Nothing of this dataset was overdue in this run.")
            if result.outcome is not Outcome.STOPPED or result.approved_at is not None:
                raise NothingStopped("This deletion waits for nobody's word.")
            await store.approve(session, result, self._clock.now())
            run = await store.run_of(session, run_id)
        assert run is not None
        self._wake()
        return run
