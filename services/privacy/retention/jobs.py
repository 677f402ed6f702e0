"""The daily run: every holder is asked what is overdue, and deletes it in batches."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from time import monotonic
from zoneinfo import ZoneInfo

from kontor.privacy.v1 import holder_pb2

from kernel import telemetry
from kernel.clock import Clock, from_timestamp, to_timestamp
from kernel.db import Database
from kernel.errors import DomainError
from services.privacy.clients import HolderClient
from services.privacy.retention import store
from services.privacy.retention.model import Found, Outcome, Result, Run
from services.privacy.retention.service import Exempt

log = telemetry.get_logger(__name__)

# A tenth of a second's work: so long may others wait for a row.
BATCH = 5_000


class RetentionJobs:
    """Runs under a lease, once a day to the end; killed or refused, the next turn goes on where it was."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        holders: Sequence[HolderClient],
        exempt: Exempt,
        timezone: str,
    ) -> None:
        self._database = database
        self._clock = clock
        self._holders = {holder.name: holder for holder in holders}
        self._exempt = exempt
        self._zone = ZoneInfo(timezone)

    async def work(self) -> None:
        """Goes on with the day's run, and carries out what the data protection officer has given the word for."""
        await self._carry_out_approved()
        now = self._clock.now()
        async with self._database.transaction() as session:
            run = await store.open_run(session, now.astimezone(self._zone).date(), now)
        if run.finished_at is not None:
            return
        waiting = [name for name, holder in self._holders.items() if not await self._visit(run, holder, now)]
        async with self._database.transaction() as session:
            await store.finish(session, run.id, waiting_for=waiting, now=self._clock.now())

    async def _visit(self, run: Run, holder: HolderClient, now: datetime) -> bool:
        """Deletes what is overdue at one holder; false if it has to be asked again."""
        asked = holder_pb2.ListOverdueRequest(as_of=to_timestamp(now), exempt_contact_ids=await self._ids())
        try:
            listed = await holder.list_overdue(asked)
            for entry in listed.datasets:
                if entry.run and (entry.rows or entry.exempt_rows):
                    await self._treat(run, holder, found_at(holder.name, entry))
        except DomainError as error:
            log.warning("holder does not delete", holder=holder.name, reason=error.reason)
            return False
        return True

    async def _treat(self, run: Run, holder: HolderClient, found: Found) -> None:
        outcome = Outcome.STOPPED if found.too_much else Outcome.RUNNING
        async with self._database.transaction() as session:
            result = await store.note(session, run.id, found, outcome)
        if result.outcome is Outcome.STOPPED:
            log.warning("too much is overdue", holder=holder.name, dataset=found.dataset, rows=found.overdue)
            return
        await self._delete(holder, result, most=None)

    async def _carry_out_approved(self) -> None:
        async with self._database.reading() as session:
            approved = await store.approved(session)
        for result in approved:
            try:
                # The word was given for what was found then, and for no row more.
                await self._delete(self._holders[result.holder], result, most=result.overdue - result.rows)
            except DomainError as error:
                log.warning("holder does not delete", holder=result.holder, reason=error.reason)

    async def _delete(self, holder: HolderClient, result: Result, *, most: int | None) -> None:
        left, more = most, True
        while more and left != 0:
            limit = BATCH if left is None else min(BATCH, left)
            batch, more = await self._batch(holder, result, limit)
            left = None if left is None else left - batch.rows
            done = Outcome.RUNNING if more and left != 0 else Outcome.DELETED
            async with self._database.transaction() as session:
                await store.add(session, result, batch=replace(batch, outcome=done))

    async def _batch(self, holder: HolderClient, result: Result, limit: int) -> tuple[Result, bool]:
        began = monotonic()
        # Who is exempt is asked for each batch: a hold that was placed a moment ago counts.
        answer = await holder.delete_overdue(
            holder_pb2.DeleteOverdueRequest(
                request_id=str(uuid.uuid4()),
                dataset=result.dataset,
                as_of=to_timestamp(self._clock.now()),
                exempt_contact_ids=await self._ids(),
                limit=limit,
            )
        )
        batch = replace(
            result,
            rows=answer.rows,
            oldest=from_timestamp(answer.oldest_time),
            newest=from_timestamp(answer.newest_time),
            seconds=monotonic() - began,
        )
        return batch, answer.more

    async def _ids(self) -> list[str]:
        async with self._database.reading() as session:
            return [str(each) for each in sorted(await self._exempt(session))]


def found_at(holder: str, entry: holder_pb2.OverdueDataset) -> Found:
    """What a holder says, as a value."""
    return Found(
        holder=holder,
        dataset=entry.name,
        deletion_class=entry.deletion_class,
        overdue=entry.rows,
        exempt=entry.exempt_rows,
        total=entry.total_rows,
        in_years=any(rule.years for rule in entry.rules),
    )
