"""Use cases of requests that somebody calls: create, read, confirm, fetch the answer."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from kernel.clock import Clock
from kernel.db import AnySession, Database, WriteSession
from kernel.errors import InvalidArgument
from kernel.identity import Principal
from kernel.ids import new_id
from kernel.outbox import emit
from kernel.rpc.call import note_subjects
from services.privacy import events
from services.privacy.requests import store
from services.privacy.requests.corrections import store as correction_store
from services.privacy.requests.course import (
    A_DAY,
    Reception,
    TooManyRequests,
)
from services.privacy.requests.deadline import Deadline
from services.privacy.requests.ending import end
from services.privacy.requests.model import (
    AT_ONCE,
    NEEDS_DATA,
    STAFF,
    SUBJECT,
    WORDS_BY,
    Correction,
    DocumentGone,
    ErasureRuns,
    Filter,
    Kind,
    NotCompleted,
    NotPlanned,
    OnlyThePerson,
    Request,
    RequestOpen,
    State,
    TooLate,
    Transition,
    Wish,
)
from services.privacy.requests.plans import store as plan_store
from services.privacy.requests.reading import Reading, View, visible
from services.privacy.requests.working import Holds

# What a kind of request does at once, in the transaction that receives it.
Begin = Callable[[WriteSession, Request, Wish], Awaitable[None]]
_NOTHING_MORE = Wish()

NOTHING_NOTED = Reception()
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Beside:
    """What other areas know about the contacts of requests, and what they begin with a request of their kind."""

    holds: Holds
    begins: Mapping[Kind, Begin] = field(default_factory=dict)


class RequestService:
    """Requests as their subjects and staff see them; `wake` starts the machine that carries them out."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        deadline: Deadline,
        reading: Reading,
        beside: Beside,
        wake: Callable[[], None],
    ) -> None:
        self._database = database
        self._clock = clock
        self._beside = beside
        self.deadline = deadline
        self._reading = reading
        self.wake = wake

    async def create_request(
        self,
        *,
        contact_id: uuid.UUID,
        kind: Kind,
        language: str,
        caller: Principal,
        wish: Wish = _NOTHING_MORE,
        reception: Reception = NOTHING_NOTED,
    ) -> View:
        """Receives a request and accepts it: the login is the proof of identity, or staff vouches for it.

        While staff doubts who asks, it is being verified and the machine leaves it alone.
        Errors: RequestOpen, ErasureRuns, TooManyRequests, InvalidArgument; what the kind itself refuses.
        """
        if reception.in_doubt and kind in AT_ONCE:
            raise InvalidArgument(
                "This takes effect at once: it must be known first who asks.",
                violations={"in_doubt": "cannot be for this kind"},
            )
        own = caller.is_customer_only
        now = self._clock.now()
        reception.check(own=own, today=self.deadline.day_of(now))
        day = reception.received_on
        # Of what came today the instant is known; of an earlier day only the day.
        received_at = self.deadline.start_of(day) if day and day < self.deadline.day_of(now) else now
        steps = reception.steps(now, own=own)
        request = Request(
            id=new_id(),
            kind=kind,
            state=steps[-1].state,
            contact_id=contact_id,
            requested_by=caller.subject if own else None,
            language=language or "de",
            received_at=received_at,
            due_date=self.deadline.due(received_at),
        )
        async with self._database.transaction() as session:
            if own:
                await self._refuse_a_flood(session, request)
            await self.receive(session, request, steps, wish=wish)
            view = await self._reading.reread(session, request.id)
        self.wake()
        return view

    async def receive(
        self, session: WriteSession, request: Request, steps: Sequence[Transition], *, wish: Wish
    ) -> None:
        """Makes a request of its first steps and begins with it, in a use case of another area.

        Errors: RequestOpen, ErasureRuns; what the kind itself refuses.
        """
        contact_id, kind = request.contact_id, request.kind
        if kind in NEEDS_DATA:
            await _refuse_while_erasing(session, contact_id)
        if await store.add(session, request) is None:
            other = await store.open_one(session, contact_id, kind)
            named = {"id": str(other.id)} if other is not None else {}
            raise RequestOpen("There is an open request of this kind.", metadata=named)
        for step in steps:
            # One mail for what happens in one moment; what is done before the answer is told as done.
            tell = step is steps[0] and kind is not Kind.WITHDRAWAL
            await store.note(session, request.id, step, tell=tell)
        if kind is Kind.ERASURE:
            await plan_store.add_round(session, request.id, request.round)
        await emit(
            session,
            events.request_received(request_id=request.id, contact_id=contact_id, kind=kind),
        )
        if kind in self._beside.begins:
            await self._beside.begins[kind](session, request, wish)

    async def _refuse_a_flood(self, session: WriteSession, request: Request) -> None:
        """Before anything is written: what is refused costs one look at an index. Errors: TooManyRequests."""
        since = self._clock.now() - _DAY
        if await store.made_since(session, request.requested_by or "", since) < A_DAY:
            return
        # Who asks again for what is open is shown that instead.
        if await store.open_one(session, request.contact_id, request.kind) is None:
            raise TooManyRequests(f"More than {A_DAY} requests in a day; please write to us instead.")

    async def get_request(self, request_id: uuid.UUID, *, caller: Principal) -> View:
        """A request. Errors: RequestNotFound, also for somebody else's."""
        requester = await self._reading.requester(caller)
        async with self._database.reading() as session:
            request = visible(await store.find(session, request_id), requester)
            note_subjects([request.contact_id])
            return (await self._reading.views(session, [request]))[0]

    async def list_requests(
        self, wanted: Filter, *, after: Sequence[str] | None, limit: int, caller: Principal
    ) -> list[View]:
        """The requests that are wanted; a customer's own only. One more than `limit` if there are more."""
        wanted = replace(wanted, requested_by=await self._reading.requester(caller))
        async with self._database.reading() as session:
            found = await store.listed(session, wanted, after=after, limit=limit + 1)
            note_subjects(r.contact_id for r in found[:limit])
            return await self._reading.views(session, found)

    async def confirm_request(self, request_id: uuid.UUID, *, caller: Principal, word_by: str = "") -> View:
        """Starts the erasure that was planned and shown, and ends requests that it leaves nothing to copy.

        Staff gives the word for what staff has recorded; for what the person asked for in the portal only with
        the way on which the person said so (`WORDS_BY`), which is noted.
        Errors: RequestNotFound, NotPlanned, OnlyThePerson.
        """
        requester = await self._reading.requester(caller)
        async with self._database.transaction() as session:
            request = visible(await store.find(session, request_id, lock=True), requester)
            note_subjects([request.contact_id])
            if request.state is not State.PLANNED:
                raise NotPlanned("Only an erasure whose plan was shown can be confirmed.")
            step = _word(request, caller, word_by, at=self._clock.now())
            plans = (await plan_store.plans(session, [request_id]))[request_id]
            holders = [p.holder for p in plans]
            await store.move(session, request_id, step, **{**store.MOVING, "waiting_for": holders})
            for kind in NEEDS_DATA:
                other = await store.open_one(session, request.contact_id, kind, lock=True)
                if other is not None:
                    ended = Transition(State.WITHDRAWN, step.at, step.actor, "erasure-confirmed")
                    await end(session, other, ended)
            view = await self._reading.reread(session, request_id)
        self.wake()
        return view

    async def withdraw_request(self, request_id: uuid.UUID, *, caller: Principal) -> View:
        """Takes a request back; its clock ends. Errors: RequestNotFound, OnlyThePerson, TooLate."""
        requester = await self._reading.requester(caller)
        async with self._database.transaction() as session:
            request = visible(await store.find(session, request_id, lock=True), requester)
            note_subjects([request.contact_id])
            if not request.withdrawable:
                raise TooLate("This request can no longer be withdrawn.")
            if request.requested_by is not None and not caller.is_customer_only:
                raise OnlyThePerson("Only the person who made this request withdraws it.")
            actor = SUBJECT if caller.is_customer_only else STAFF
            await end(session, request, Transition(State.WITHDRAWN, self._clock.now(), actor, "withdrawn"))
            await plan_store.forget_identifiers(session, request_id)
            return await self._reading.reread(session, request_id)

    async def get_corrections(self, request_id: uuid.UUID, *, caller: Principal) -> list[Correction]:
        """What a rectification says is wrong. Errors: RequestNotFound."""
        requester = await self._reading.requester(caller)
        async with self._database.reading() as session:
            request = visible(await store.find(session, request_id), requester)
            note_subjects([request.contact_id])
            return await correction_store.of_request(session, request_id)

    async def get_document(
        self, request_id: uuid.UUID, *, format: int, caller: Principal
    ) -> tuple[Request, bytes]:
        """The answer. Errors: RequestNotFound, NotCompleted, DocumentGone."""
        requester = await self._reading.requester(caller)
        async with self._database.reading() as session:
            request = visible(await store.find(session, request_id), requester)
            note_subjects([request.contact_id])
            content = await store.document(session, request, format=format)
        if content is None and request.state is not State.COMPLETED:
            raise NotCompleted("The request is not completed yet.")
        if content is None:
            raise DocumentGone("The copy is no longer kept.")
        return request, content

    async def restricted(self, session: AnySession, contact_ids: Sequence[uuid.UUID]) -> frozenset[uuid.UUID]:
        """Which of these contacts are being erased, or kept by a legal hold only; for permits."""
        held = await self._beside.holds(session, contact_ids)
        return await store.restricted(session, contact_ids) | held.keys()

    async def contacts_of_open(self, session: AnySession) -> frozenset[uuid.UUID]:
        """Whose requests are open: what they are about is not deleted meanwhile."""
        return await store.contacts_of_open(session)


def _word(request: Request, caller: Principal, word_by: str, *, at: datetime) -> Transition:
    """The step that starts an erasure: whose word it was, and how staff knows it."""
    if caller.is_customer_only:
        return Transition(State.EXECUTING, at, SUBJECT, "confirmed")
    if request.requested_by is None:
        return Transition(State.EXECUTING, at, STAFF, "confirmed")
    if word_by not in WORDS_BY:
        raise OnlyThePerson(
            "The person asked for this in the portal and decides there; otherwise say how you know.",
            violations={"word_by": f"must be one of {', '.join(sorted(WORDS_BY))}"},
        )
    return Transition(State.EXECUTING, at, STAFF, f"confirmed-by-{word_by}")


async def _refuse_while_erasing(session: WriteSession, contact_id: uuid.UUID) -> None:
    # Locked, so that the word to erase and this request cannot miss each other.
    erasure = await store.open_one(session, contact_id, Kind.ERASURE, lock=True)
    if erasure is not None and erasure.state is State.EXECUTING:
        raise ErasureRuns("This contact is being erased.", metadata={"id": str(erasure.id)})
