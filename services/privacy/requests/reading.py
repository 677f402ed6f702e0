"""Requests as they are shown, and to whom: what every use case answers with."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date

from kernel.clock import Clock
from kernel.db import AnySession, Database, WriteSession
from kernel.identity import Principal
from kernel.rpc.authorize import OwnContact
from kernel.rpc.call import note_subjects
from services.privacy.requests import store
from services.privacy.requests.corrections import store as correction_store
from services.privacy.requests.course import Course, course
from services.privacy.requests.deadline import Deadline
from services.privacy.requests.model import (
    Request,
    Requester,
    RequestNotFound,
    SettledRecipient,
    State,
    Transition,
    shown_at,
)
from services.privacy.requests.plans import store as plan_store
from services.privacy.requests.receipts import Planned
from services.privacy.requests.working import Holds


@dataclass(frozen=True, slots=True)
class View:
    """A request with what is shown about it."""

    request: Request
    transitions: Sequence[Transition]
    course: Course
    plans: Sequence[Planned] = ()
    formats: Sequence[int] = ()
    # The last day on which the person can confirm the plan; None if nobody's silence ends this request.
    decide_by: date | None = None
    # Why a legal hold keeps what is held about the contact; empty if there is none.
    hold: str = ""
    recipients: Sequence[SettledRecipient] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """Puts together what is shown of a request, and keeps from everybody else what is somebody's own."""

    database: Database
    clock: Clock
    deadline: Deadline
    own_contact: OwnContact
    holds: Holds

    async def requester(self, caller: Principal) -> Requester | None:
        """Whose eyes narrow the requests; None for staff. Asked before a transaction: contacts answers."""
        if not caller.is_customer_only:
            return None
        return Requester(caller.subject, await self.own_contact.contact_of(caller))

    @asynccontextmanager
    async def locked(
        self, request_id: uuid.UUID, caller: Principal
    ) -> AsyncIterator[tuple[WriteSession, Request]]:
        """A request in a transaction that nobody else moves it in. Errors: RequestNotFound."""
        requester = await self.requester(caller)
        async with self.database.transaction() as session:
            request = visible(await store.find(session, request_id, lock=True), requester)
            note_subjects([request.contact_id])
            yield session, request

    async def reread(self, session: AnySession, request_id: uuid.UUID) -> View:
        """The request as it is now."""
        found = await store.find(session, request_id)
        assert found is not None
        return (await self.views(session, [found]))[0]

    async def views(self, session: AnySession, requests: Sequence[Request]) -> list[View]:
        """The requests with what is shown about each."""
        ids = [r.id for r in requests]
        steps = await store.transitions(session, ids)
        plans = await plan_store.plans(session, ids)
        formats = await store.formats(session, ids)
        recipients = await correction_store.recipients(session, ids)
        held = await self.holds(session, [r.contact_id for r in requests])
        now = self.clock.now()
        return [
            View(
                r,
                steps[r.id],
                course(r, steps[r.id], deadline=self.deadline, now=now),
                plans=plans[r.id] if r.state >= State.PLANNED else (),
                formats=formats[r.id],
                decide_by=self._decide_by(r, steps[r.id]),
                hold=held.get(r.contact_id, ""),
                recipients=recipients[r.id],
            )
            for r in requests
        ]

    def _decide_by(self, request: Request, steps: Sequence[Transition]) -> date | None:
        planned_at = shown_at(steps)
        if planned_at is None or request.requested_by is None:
            return None
        return self.deadline.last_word(request.due_date, planned_at)


def visible(request: Request | None, requester: Requester | None) -> Request:
    """The request, if the requester may see it. Errors: RequestNotFound."""
    if request is None or (requester is not None and not requester.sees(request)):
        raise RequestNotFound("There is no such request.")
    return request
