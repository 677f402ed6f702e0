"""Use cases of requests that somebody calls: create, read, confirm, fetch the answer."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from kernel.clock import Clock
from kernel.db import AnySession, Database
from kernel.identity import Principal
from kernel.ids import new_id
from kernel.outbox import emit
from kernel.rpc.call import note_subjects
from services.privacy import events
from services.privacy.requests import store
from services.privacy.requests.deadline import Deadline
from services.privacy.requests.model import (
    STAFF,
    SUBJECT,
    SYSTEM,
    DocumentGone,
    Kind,
    NotCompleted,
    NotPlanned,
    Request,
    RequestNotFound,
    RequestOpen,
    State,
    Transition,
)
from services.privacy.requests.receipts import Planned


@dataclass(frozen=True, slots=True)
class View:
    """A request with what is shown about it."""

    request: Request
    transitions: Sequence[Transition]
    plans: Sequence[Planned]


class RequestService:
    """Requests as their subjects and staff see them; `wake` starts the machine that carries them out."""

    def __init__(
        self, database: Database, clock: Clock, *, deadline: Deadline, wake: Callable[[], None]
    ) -> None:
        self._database = database
        self._clock = clock
        self._deadline = deadline
        self._wake = wake

    async def create_request(
        self, *, contact_id: uuid.UUID, kind: Kind, language: str, caller: Principal
    ) -> View:
        """Receives a request and accepts it: the login is the proof of identity, or staff vouches for it.

        Errors: RequestOpen.
        """
        own = caller.is_customer_only
        now = self._clock.now()
        request = Request(
            id=new_id(),
            kind=kind,
            state=State.ACCEPTED,
            contact_id=contact_id,
            requested_by=caller.subject if own else None,
            language=language or "de",
            received_at=now,
            due_date=self._deadline.due(now),
        )
        actor = SUBJECT if own else STAFF
        steps = (
            Transition(State.RECEIVED, now, actor, "portal" if own else "on-behalf"),
            Transition(
                State.ACCEPTED, now, SYSTEM if own else STAFF, "identity-login" if own else "identity-staff"
            ),
        )
        async with self._database.transaction() as session:
            if await store.add(session, request) is None:
                other = await store.open_one(session, contact_id, kind)
                raise RequestOpen("There is an open request of this kind.", metadata={"id": str(other or "")})
            for step in steps:
                await store.note(session, request.id, step)
            if kind is Kind.ERASURE:
                await store.add_round(session, request.id, request.round)
            await emit(
                session,
                events.request_received(request_id=request.id, contact_id=contact_id, kind=kind),
            )
        self._wake()
        return View(request, steps, ())

    async def get_request(self, request_id: uuid.UUID, *, caller: Principal) -> View:
        """A request. Errors: RequestNotFound, also for somebody else's."""
        async with self._database.reading() as session:
            request = _visible(await store.find(session, request_id), caller)
            note_subjects([request.contact_id])
            return (await self._views(session, [request]))[0]

    async def list_requests(
        self,
        *,
        contact_id: uuid.UUID | None,
        only_open: bool,
        after: tuple[datetime, uuid.UUID] | None,
        limit: int,
        caller: Principal,
    ) -> list[View]:
        """Requests newest first, of everybody or of one contact; a customer's own only."""
        mine = caller.subject if caller.is_customer_only else None
        async with self._database.reading() as session:
            found = await store.listed(
                session,
                contact_id=contact_id,
                requested_by=mine,
                only_open=only_open,
                after=after,
                limit=limit,
            )
            note_subjects(r.contact_id for r in found)
            return await self._views(session, found)

    async def confirm_request(self, request_id: uuid.UUID, *, caller: Principal) -> View:
        """Starts the erasure that was planned and shown. Errors: RequestNotFound, NotPlanned."""
        async with self._database.transaction() as session:
            request = _visible(await store.find(session, request_id, lock=True), caller)
            note_subjects([request.contact_id])
            if request.state is not State.PLANNED:
                raise NotPlanned("Only an erasure whose plan was shown can be confirmed.")
            actor = SUBJECT if caller.is_customer_only else STAFF
            step = Transition(State.EXECUTING, self._clock.now(), actor, "confirmed")
            plans = (await store.plans(session, [request_id]))[request_id]
            await store.move(session, request_id, step, waiting_for=[p.holder for p in plans])
            confirmed = await store.find(session, request_id)
            assert confirmed is not None
            view = (await self._views(session, [confirmed]))[0]
        self._wake()
        return view

    async def get_document(
        self, request_id: uuid.UUID, *, format: int, caller: Principal
    ) -> tuple[Request, bytes]:
        """The answer. Errors: RequestNotFound, NotCompleted, DocumentGone."""
        async with self._database.reading() as session:
            request = _visible(await store.find(session, request_id), caller)
            note_subjects([request.contact_id])
            if request.state is not State.COMPLETED:
                raise NotCompleted("The request is not completed yet.")
            content = await store.document(session, request, format=format)
        if content is None:
            raise DocumentGone("The copy is no longer kept.")
        return request, content

    async def restricted(self, session: AnySession, contact_ids: Sequence[uuid.UUID]) -> frozenset[uuid.UUID]:
        """Which of these contacts are being erased; for permits."""
        return await store.restricted(session, contact_ids)

    async def _views(self, session: AnySession, requests: Sequence[Request]) -> list[View]:
        ids = [r.id for r in requests]
        steps = await store.transitions(session, ids)
        plans = await store.plans(session, ids)
        shown = State.PLANNED
        return [View(r, steps[r.id], plans[r.id] if r.state >= shown else ()) for r in requests]


def _visible(request: Request | None, caller: Principal) -> Request:
    foreign = request is not None and caller.is_customer_only and request.requested_by != caller.subject
    if request is None or foreign:
        raise RequestNotFound("There is no such request.")
    return request
