"""Timed use case of the audit: looks for accesses that are unusual."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta

from kontor.privacy.v1 import audit_pb2

from kernel.clock import Clock, from_timestamp, to_timestamp
from kernel.db import Database
from kernel.ids import new_id
from services.privacy.audit import store
from services.privacy.audit.model import (
    HISTORY_DAYS,
    NO_CASE_LOOKS,
    Activity,
    Alert,
    Look,
    Rule,
    joined_looks,
    most_per_service,
    unusual_volumes,
    without_case,
)
from services.privacy.clients import Trail

# Whether this person has something to do with this contact: is responsible for it, or owns a ticket of it.
HasCase = Callable[[str, uuid.UUID], Awaitable[bool]]
# Looks of yesterday may have been noted late.
_LOOK_BACK = timedelta(days=1)


class AuditJobs:
    """Asks every service what people did and raises alerts. A service that is down: the next run sees it all."""

    def __init__(
        self, database: Database, clock: Clock, *, trails: Sequence[Trail], has_case: HasCase
    ) -> None:
        self._database = database
        self._clock = clock
        self._trails = tuple(trails)
        self._has_case = has_case

    async def find_unusual(self) -> None:
        """Raises what is unusual since yesterday; finding it twice is the same as once."""
        alerts = [*await self._volumes(), *await self._watched(), *await self._without_case()]
        async with self._database.transaction() as session:
            await store.raise_alerts(session, alerts)

    async def _volumes(self) -> list[Alert]:
        now = self._clock.now()
        asked = audit_pb2.ListActivitiesRequest(
            from_time=to_timestamp(_midnight(now - timedelta(days=HISTORY_DAYS))),
            until_time=to_timestamp(_midnight(now) + timedelta(days=1)),
        )
        activities = [
            Activity(each.actor, datetime.fromisoformat(each.day).date(), each.subjects)
            for trail in self._trails
            for each in await trail.activities(asked)
        ]
        since = (now - _LOOK_BACK).date()
        found = unusual_volumes(most_per_service(activities), since=since)
        return [
            Alert(new_id(), Rule.VOLUME, actor, None, day, count, usual, now)
            for actor, day, count, usual in found
        ]

    async def _watched(self) -> list[Alert]:
        async with self._database.reading() as session:
            watched = [contact_id for contact_id, _ in await store.watched(session)]
        now, found = self._clock.now(), []
        # Day by day: an alert counts the looks of one.
        for begins in (_midnight(now - _LOOK_BACK), _midnight(now)) if watched else ():
            looks = await self._looks(begins, begins + timedelta(days=1), watched, at_least=1)
            found += [
                Alert(new_id(), Rule.WATCHED, each.actor, each.contact_id, each.last, each.looks, 0, now)
                for each in looks
            ]
        return found

    async def _without_case(self) -> list[Alert]:
        now = self._clock.now()
        month = now - timedelta(days=HISTORY_DAYS)
        looks = await self._looks(
            _midnight(month), _midnight(now) + timedelta(days=1), (), at_least=NO_CASE_LOOKS
        )
        async with self._database.reading() as session:
            justified = await store.justified_since(session, month)
        since = (now - _LOOK_BACK).date()
        return [
            Alert(new_id(), Rule.NO_CASE, each.actor, each.contact_id, each.last, each.looks, 0, now)
            for each in without_case(looks)
            if each.last >= since
            and (each.actor, each.contact_id) not in justified
            and not await self._has_case(each.actor, each.contact_id)
        ]

    async def _looks(
        self, since: datetime, until: datetime, contact_ids: Sequence[uuid.UUID], *, at_least: int
    ) -> list[Look]:
        asked = audit_pb2.ListLooksRequest(
            from_time=to_timestamp(since),
            until_time=to_timestamp(until),
            subject_ids=map(str, contact_ids),
            at_least=at_least,
        )
        return joined_looks([_look(each) for trail in self._trails for each in await trail.looks(asked)])


def _look(answer: audit_pb2.Look) -> Look:
    last = from_timestamp(answer.last_time)
    assert last is not None
    return Look(
        answer.actor, uuid.UUID(answer.subject_id), answer.looks, answer.days, answer.worked_on, last.date()
    )


def _midnight(moment: datetime) -> datetime:
    return datetime(moment.year, moment.month, moment.day, tzinfo=UTC)
