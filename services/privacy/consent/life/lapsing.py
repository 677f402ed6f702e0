"""Which consents hold at a moment: by the clock and by their text, before any job has written it down."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from kernel.clock import Clock
from kernel.db import AnySession
from services.privacy.consent import store
from services.privacy.consent.life import store as life
from services.privacy.consent.life.model import NEVER, Periods
from services.privacy.consent.model import PARENT_DOUBLE_OPT_IN, STANDING, Record, State
from services.privacy.consent.wordings import store as wordings


class LastWord(NamedTuple):
    """What decides about a message: a record, what it says now, and whether its text is what has changed."""

    record_id: uuid.UUID
    state: State
    outdated: bool = False


class Lapsing:
    """Answers with the clock: a consent never holds a moment longer because a job is late."""

    def __init__(self, periods: Periods, clock: Clock) -> None:
        self.periods = periods
        self._clock = clock

    async def last_words(
        self, session: AnySession, *, contact_ids: Sequence[uuid.UUID], topic: str, channel: int
    ) -> dict[uuid.UUID, LastWord]:
        """The last word of each contact about this topic and channel; none of whoever has never answered."""
        now = self._clock.now()
        limits = self.periods.limits(topic, now)
        rows = await store.decisive(
            session, contact_ids=contact_ids, topic=topic, channel=channel, limits=limits
        )
        found = {row.contact_id: LastWord(row.record_id, row.state) for row in rows}
        idle = {row.record_id: row.contact_id for row in rows if row.idle and row.state in STANDING}
        if idle:
            used = await life.used_since(
                session, contact_ids=list(idle.values()), record_ids=list(idle), since=limits.used
            )
            for record_id in idle.keys() - used:
                found[idle[record_id]] = LastWord(record_id, State.EXPIRED)
        outdated = await wordings.outdated_texts(session, topic, now)
        if outdated:
            given = {word.record_id: who for who, word in found.items() if word.state in STANDING}
            for record_id in await store.given_to(session, list(given), outdated):
                found[given[record_id]] = LastWord(record_id, State.EXPIRED, outdated=True)
        return found

    async def last_days(self, session: AnySession, records: Sequence[Record]) -> dict[uuid.UUID, date]:
        """The last day of each consent that stands and has one, if no message goes out on it any more."""
        standing = [record for record in records if record.state in STANDING]
        uses = {}
        if standing and self.periods.limits("", self._clock.now()).used != NEVER:
            ids = [record.id for record in standing]
            uses = await life.last_uses(
                session, contact_ids=[record.contact_id for record in standing], record_ids=ids
            )
        found = {}
        for record in standing:
            by_parent = record.evidence.method == PARENT_DOUBLE_OPT_IN
            used = max(record.since, uses.get(record.id, record.since))
            days = (
                self.periods.last_day(record.topic, record.since, by_parent=by_parent),
                self.periods.last_unused_day(used),
            )
            known = [day for day in days if day is not None]
            if known:
                found[record.id] = min(known)
        return found

    def is_over(self, last_day: date | None) -> bool:
        """Whether that was a day of the past."""
        return last_day is not None and last_day < self.periods.day(self._clock.now())
