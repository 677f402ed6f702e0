"""Timed use cases: what will end is asked about once, and what is over is written down in the ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from kernel.clock import Clock
from kernel.db import Database
from kernel.erased import erased_among
from kernel.ids import new_id
from kernel.outbox import emit
from services.privacy import events
from services.privacy.consent.life import store
from services.privacy.consent.life.lapsing import Lapsing
from services.privacy.consent.life.model import UNUSED, VALIDITY, Due, Limits
from services.privacy.consent.life.store import Lapsed
from services.privacy.consent.model import Evidence, Record, State
from services.privacy.consent.recording import Subject, append_records
from services.privacy.consent.recording import new_record as made
from services.privacy.consent.tree import store as trees
from services.privacy.consent.wordings import store as wordings
from services.privacy.suppression.normalise import EMAIL

_BATCH = 500


class LifeJobs:
    """Runs under a lease, once a day. Killed half-way it goes on with what is left; permits never wait for it."""

    def __init__(self, database: Database, clock: Clock, *, lapsing: Lapsing, notice_days: int = 0) -> None:
        self._database = database
        self._clock = clock
        self._lapsing = lapsing
        self._periods = lapsing.periods
        self._notice = notice_days

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

    async def ask_renewals(self) -> int:
        """Asks, once each, about the consents that end within so many days; answers how many. None without notice."""
        later = self._clock.now() + timedelta(days=self._notice + 1)
        async with self._database.reading() as session:
            topics = await store.topics(session) if self._notice else []
        limits = {topic: self._periods.limits(topic, later) for topic in topics}
        asked, after = 0, -1
        while limits:
            async with self._database.reading() as session:
                found = await store.lapsed(session, limits, after=after, limit=_BATCH)
            if not found:
                break
            asked += await self._ask(found)
            after = found[-1].leaf_index
        return asked

    async def _ask(self, found: Sequence[Lapsed]) -> int:
        async with self._database.transaction() as session:
            ending = await store.records(session, [each.record_id for each in found])
            gone = await erased_among(session, {record.contact_id for record in ending})
            days = await self._lapsing.last_days(session, ending)
            due = [
                Due(new_id(), record, days[record.id])
                for record in ending
                if record.contact_id not in gone
                and record.channel == EMAIL
                and record.id in days
                and not self._lapsing.is_over(days[record.id])
            ]
            # One question for each end: a consent that is used after it has another end, and may be asked about again.
            new = await store.add_questions(session, due, at=self._clock.now()) if due else frozenset()
            await emit(session, *(events.consent_renewal_due(each) for each in due if each.id in new))
        return len(new)

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
