"""The machine behind requests: moves on what can be moved, ends what nobody confirms."""

from __future__ import annotations

import asyncio
import uuid
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Protocol

from kernel import telemetry
from kernel.clock import Clock
from kernel.db import Database
from kernel.tasks import end
from services.privacy.requests import store
from services.privacy.requests.deadline import Deadline
from services.privacy.requests.model import (
    DOCUMENT_FAILED,
    NOT_CONFIRMED,
    SYSTEM,
    UNEXPECTED,
    DocumentFailed,
    Kind,
    Request,
    State,
    Transition,
    next_attempt,
    shown_at,
)
from services.privacy.requests.plans import store as plan_store

log = telemetry.get_logger(__name__)

# Mostly they wait for holders; more of them would only wait for each other's locks there.
_AT_ONCE = 6


class Procedure(Protocol):
    """Carries out requests of one kind, step by step."""

    async def advance(self, request: Request) -> None: ...


class RequestJobs:
    """Runs under a lease, so one process at a time works on requests."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        deadline: Deadline,
        access: Procedure,
        erasure: Procedure,
        others: Mapping[Kind, Procedure] = MappingProxyType({}),
    ) -> None:
        self._database = database
        self._clock = clock
        self._deadline = deadline
        self._procedures = {Kind.ACCESS: access, Kind.ERASURE: erasure, **others}

    async def work(self) -> None:
        """Moves every request as far as it goes. One that fails does not hold up the others."""
        async with self._database.reading() as session:
            due = await store.due(session, self._clock.now())
        # Requests of one person go one after the other: what one finds, another one may be erasing.
        people: dict[uuid.UUID, deque[Request]] = {}
        for request in due:
            people.setdefault(request.contact_id, deque()).append(request)
        left = iter(people.values())
        workers = [asyncio.create_task(self._work_through(left)) for _ in range(min(_AT_ONCE, len(people)))]
        try:
            await asyncio.gather(*workers)
        finally:
            await end(workers)

    async def _work_through(self, people: Iterator[Iterable[Request]]) -> None:
        for requests in people:
            for request in requests:
                await self._advance(request)

    async def _advance(self, request: Request) -> None:
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

    async def refuse_unconfirmed(self) -> None:
        """Ends erasures whose plan the person has seen in the portal and not confirmed in time.

        Neither may they stay open for ever, nor may silence erase: nobody can bring it back. It is no withdrawal,
        which only the person can declare, and no new plan, which would wait for ever again. So it is a refusal: it
        has a reason, and the page says so with the ways to complain. What staff has recorded for somebody is never
        refused like this: the word is staff's to give there, and if nobody gives it, we are the ones who are late.
        """
        async with self._database.reading() as session:
            planned = await store.unconfirmed(session)
            steps = await store.transitions(session, [r.id for r in planned])
        today = self._deadline.day_of(self._clock.now())
        for request in planned:
            planned_at = shown_at(steps[request.id])
            if planned_at is not None and today > self._deadline.last_word(request.due_date, planned_at):
                await self._refuse(request)

    async def _refuse(self, request: Request) -> None:
        step = Transition(State.REFUSED, self._clock.now(), SYSTEM, NOT_CONFIRMED)
        async with self._database.transaction() as session:
            # Locked and read again: a word that came at the last moment counts.
            found = await store.find(session, request.id, lock=True)
            if found is None or found.state is not State.PLANNED:
                return
            await store.move(session, request.id, step, completed_at=step.at, **store.MOVING)
            await plan_store.forget_identifiers(session, request.id)
