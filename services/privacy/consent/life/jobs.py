"""Timed use case: what is over is written down, record by record, so that the ledger itself says it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kernel.clock import Clock
from kernel.db import Database
from kernel.erased import erased_among
from kernel.outbox import emit
from services.privacy import events
from services.privacy.consent.life import store
from services.privacy.consent.life.model import UNUSED, VALIDITY, Limits, Periods
from services.privacy.consent.life.store import Lapsed
from services.privacy.consent.model import Evidence, Record, State
from services.privacy.consent.recording import Subject, append_records
from services.privacy.consent.recording import new_record as made
from services.privacy.consent.tree import store as trees
from services.privacy.consent.wordings import store as wordings

_BATCH = 500


class LifeJobs:
    """Runs under a lease, once a day. Killed half-way it goes on with what is left; permits never wait for it."""

    def __init__(self, database: Database, clock: Clock, *, periods: Periods) -> None:
        self._database = database
        self._clock = clock
        self._periods = periods

    async def expire(self) -> int:
        """Writes that a consent expired, of each that holds no longer; answers how many."""
        now = self._clock.now()
        async with self._database.reading() as session:
            topics = await store.topics(session)
        limits = {topic: self._periods.limits(topic, now) for topic in topics}
        written, after = 0, -1
        while limits:
            async with self._database.reading() as session:
                found = await store.lapsed(session, limits, after=after, limit=_BATCH)
            if not found:
                break
            written += await self._write(found, limits)
            after = found[-1].leaf_index
        return written

    async def _write(self, found: Sequence[Lapsed], limits: Mapping[str, Limits]) -> int:
        async with self._database.transaction() as session:
            ended = await store.records(session, [each.record_id for each in found])
            # Nothing is written about somebody who is gone: what is kept of them ends with its own period.
            gone = await erased_among(session, {record.contact_id for record in ended})
            frontier = await trees.lock_tree(session)
            # Asked again under the lock: a renewal or a withdrawal may have come first.
            wanted = [record.id for record in ended if record.contact_id not in gone]
            still = {
                each.record_id: each
                for each in await store.lapsed(session, limits, limit=_BATCH, among=wanted)
            }
            texts = await wordings.texts_by_id(session, {r.text_id for r in ended if r.text_id})
            records: list[Record] = []
            for record in ended:
                if record.id in still:
                    why = Evidence(method=VALIDITY if still[record.id].over else UNUSED)
                    text = texts.get(record.text_id) if record.text_id else None
                    expired = made(Subject.of(record), State.EXPIRED, text, why, at=self._clock.now())
                    records.append(expired)
            if records:
                await append_records(session, frontier, records)
            facts = [
                events.consent_expired(consent_id=r.id, contact_id=r.contact_id, topic=r.topic)
                for r in records
            ]
            await emit(session, *facts)
        return len(records)
