"""Use cases of the audit: accesses over all services, alerts and what came of them, watched contacts."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from heapq import merge
from zoneinfo import ZoneInfo

from kontor.options.v1 import options_pb2
from kontor.privacy.v1 import audit_pb2

from kernel import telemetry
from kernel.clock import Clock, from_timestamp, to_timestamp
from kernel.db import Database
from kernel.errors import DeadlineExceeded, Unavailable
from kernel.identity import Principal
from kernel.rpc.call import note_subjects
from services.privacy.audit import store
from services.privacy.audit.model import (
    SERVICE,
    Alert,
    AlertNotFound,
    AlreadyJudged,
    Judgement,
    OwnAccess,
    role_of,
    roles_before,
)
from services.privacy.clients import Trail

log = telemetry.get_logger(__name__)

_BATCH = 500
# Of one service, for the subject's own view; who has been looked at more often is told that there was more.
_MOST_GATHERED = 5_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which accesses: None and "" restrict nothing."""

    contact_id: uuid.UUID | None = None
    actor: str = ""
    since: datetime | None = None
    until: datetime | None = None
    people_only: bool = False
    role: str = ""
    purpose: options_pb2.Purpose.ValueType = options_pb2.PURPOSE_UNSPECIFIED
    reads_only: bool = False

    def question(self, *, before: int, limit: int) -> audit_pb2.ListEntriesRequest:
        """The question to one service, from behind a position."""
        return audit_pb2.ListEntriesRequest(
            subject_id=str(self.contact_id or ""),
            actor=self.actor,
            from_time=to_timestamp(self.since),
            until_time=to_timestamp(self.until),
            people_only=self.people_only,
            before_seq=before,
            page_size=limit,
            role=self.role,
            without_roles=roles_before(self.role),
            purpose=self.purpose,
            reads_only=self.reads_only,
        )


@dataclass(slots=True)
class Found:
    """One page of accesses, where each service's next one begins, and who did not answer."""

    accesses: list[tuple[str, audit_pb2.AuditEntry]]
    positions: dict[str, int]
    more: bool
    missing: list[str]


@dataclass(slots=True)
class Counted:
    """How much somebody did in one role for one purpose."""

    reads: int = 0
    changes: int = 0


# Who, in which role, for what.
Deeds = dict[tuple[str, str, options_pb2.Purpose.ValueType], Counted]


@dataclass(slots=True)
class Gathered:
    """What one department did on one day for one purpose."""

    day: str
    team: str
    role: str
    purpose: options_pb2.Purpose.ValueType
    categories: set[options_pb2.Category.ValueType] = field(default_factory=set)
    reads: int = 0
    changes: int = 0
    in_lists: int = 0
    last: datetime | None = None


class AuditService:
    """Asks every service for its trail; keeps only what was made of it."""

    def __init__(self, database: Database, clock: Clock, *, trails: Sequence[Trail], zone: ZoneInfo) -> None:
        self._database = database
        self._clock = clock
        self._trails = tuple(trails)
        self._zone = zone

    async def list_accesses(self, wanted: Wanted, *, positions: dict[str, int], limit: int) -> Found:
        """Accesses over all services, newest first. A service that is down is named, and the others answer."""
        if wanted.contact_id is not None:
            note_subjects([wanted.contact_id])
        asked = [
            _entries_of(trail, wanted.question(before=positions.get(trail.name, 0), limit=limit + 1))
            for trail in self._trails
        ]
        answers = dict(await asyncio.gather(*asked))
        missing = sorted(name for name, entries in answers.items() if entries is None)
        # Each service's own order is that of its positions; between services only the time decides.
        streams = [[(name, entry) for entry in entries] for name, entries in answers.items() if entries]
        ordered = list(merge(*streams, key=lambda each: _instant(each[1]), reverse=True))
        shown = ordered[:limit]
        reached = dict(positions) | {name: entry.seq for name, entry in shown}
        return Found(shown, reached, len(ordered) > limit, missing)

    async def get_access_counts(self, since: datetime, until: datetime | None) -> tuple[Deeds, list[str]]:
        """What people did in a period, in numbers, and the services that did not answer."""
        asked = audit_pb2.ListTotalsRequest(
            from_time=to_timestamp(since), until_time=to_timestamp(until or self._clock.now())
        )
        answers = await asyncio.gather(*(_totals_of(trail, asked) for trail in self._trails))
        found: Deeds = {}
        for _name, totals in answers:
            for each in totals or ():
                counted = found.setdefault((each.actor, role_of(each.roles), each.purpose), Counted())
                counted.reads += each.reads
                counted.changes += each.changes
        return found, sorted(name for name, totals in answers if totals is None)

    async def list_own_accesses(
        self, contact_id: uuid.UUID, *, days: int
    ) -> tuple[list[Gathered], list[str], bool]:
        """What departments did with the subject's data, the silent services, and whether there was more."""
        note_subjects([contact_id])
        wanted = Wanted(contact_id, since=self._clock.now() - timedelta(days=days))
        found: dict[tuple[str, str, str, int], Gathered] = {}
        missing, more = [], False
        for trail in self._trails:
            count = 0
            try:
                async for entry in _every_entry(trail, wanted):
                    self._gather(found, entry)
                    count += 1
            except (Unavailable, DeadlineExceeded):
                missing.append(trail.name)
            more = more or count >= _MOST_GATHERED
        return sorted(found.values(), key=lambda each: (each.day, each.last), reverse=True), missing, more

    async def list_alerts(
        self, *, only_open: bool, after: tuple[datetime, uuid.UUID] | None, limit: int
    ) -> tuple[list[Alert], int]:
        """Alerts newest first, and how many nobody has judged."""
        async with self._database.reading() as session:
            found = await store.listed(session, only_open=only_open, after=after, limit=limit)
            return found, await store.count_open(session)

    async def judge_alert(self, alert_id: uuid.UUID, judgement: Judgement, *, caller: Principal) -> Alert:
        """Says what came of an alert. Errors: AlertNotFound, OwnAccess, AlreadyJudged."""
        async with self._database.transaction() as session:
            found = await store.find(session, alert_id, lock=True)
            if found is None:
                raise AlertNotFound("There is no such alert.")
            if found.contact_id is not None:
                note_subjects([found.contact_id])
            if found.actor == caller.subject:
                raise OwnAccess("Somebody else has to judge what you did.")
            if found.judgement is not Judgement.NONE:
                raise AlreadyJudged("This was judged already.")
            judged = replace(
                found, judgement=judgement, judged_by=caller.subject, judged_at=self._clock.now()
            )
            await store.judge(session, judged)
        return judged

    async def watch_contact(self, contact_id: uuid.UUID) -> datetime:
        """From now on every look at this contact is an alert; answers since when."""
        note_subjects([contact_id])
        async with self._database.transaction() as session:
            return await store.watch(session, contact_id, self._clock.now())

    async def unwatch_contact(self, contact_id: uuid.UUID) -> None:
        """Watches no more."""
        note_subjects([contact_id])
        async with self._database.transaction() as session:
            await store.unwatch(session, contact_id)

    async def list_watched_contacts(self) -> list[tuple[uuid.UUID, datetime]]:
        """Who is watched over and since when, newest first."""
        async with self._database.reading() as session:
            found = await store.watched(session)
        note_subjects(contact_id for contact_id, _ in found)
        return found

    def _gather(self, found: dict[tuple[str, str, str, int], Gathered], entry: audit_pb2.AuditEntry) -> None:
        role = role_of(entry.roles)
        if not role:
            # What the person did in the portal is nothing that they have to be told.
            return
        at = _instant(entry)
        day = at.astimezone(self._zone).date().isoformat()
        team = "" if role == SERVICE else next(iter(entry.teams), "")
        one = found.setdefault(
            (day, team, role, entry.purpose), Gathered(day, team, role, entry.purpose, last=at)
        )
        one.categories.update(entry.categories)
        one.changes += entry.mutation
        one.reads += not entry.mutation
        one.in_lists += not entry.mutation and entry.subjects > 1
        one.last = max(one.last or at, at)


async def _entries_of(
    trail: Trail, question: audit_pb2.ListEntriesRequest
) -> tuple[str, Sequence[audit_pb2.AuditEntry] | None]:
    try:
        return trail.name, await trail.entries(question)
    except (Unavailable, DeadlineExceeded) as error:
        log.warning("trail does not answer", holder=trail.name, reason=error.reason)
        return trail.name, None


async def _totals_of(
    trail: Trail, question: audit_pb2.ListTotalsRequest
) -> tuple[str, Sequence[audit_pb2.AccessTotal] | None]:
    try:
        return trail.name, await trail.totals(question)
    except (Unavailable, DeadlineExceeded) as error:
        log.warning("trail does not answer", holder=trail.name, reason=error.reason)
        return trail.name, None


async def _every_entry(trail: Trail, wanted: Wanted) -> AsyncIterator[audit_pb2.AuditEntry]:
    before = 0
    for _ in range(_MOST_GATHERED // _BATCH):
        entries = await trail.entries(wanted.question(before=before, limit=_BATCH))
        for entry in entries:
            yield entry
        if len(entries) < _BATCH:
            return
        before = entries[-1].seq


def _instant(entry: audit_pb2.AuditEntry) -> datetime:
    at = from_timestamp(entry.time)
    assert at is not None
    return at
