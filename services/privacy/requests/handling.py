"""Use cases of requests that staff calls: vouch, extend, refuse, fulfil, settle, try again; and who gets data."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence

from kernel.clock import Clock
from kernel.db import WriteSession
from kernel.errors import InvalidArgument
from kernel.identity import Principal
from services.privacy.requests import store
from services.privacy.requests.corrections import store as corrections
from services.privacy.requests.course import extended, objection_of, one_of, refused, verified
from services.privacy.requests.deadline import Deadline
from services.privacy.requests.ending import complete, end
from services.privacy.requests.model import (
    STAFF,
    Kind,
    NothingStalls,
    NothingToFulfil,
    RecipientNotFound,
    RecipientSettled,
    Request,
    Scope,
    State,
    TooLate,
    Transition,
)
from services.privacy.requests.plans import store as plan_store
from services.privacy.requests.reading import Reading, View
from services.privacy.requests.recipients import Recipient, Recipients
from services.privacy.requests.rectifying import WAYS
from services.privacy.requests.telling import to_be_told

_CORRECTED, _SETTLED = "corrected", "recipients-settled"


class RequestHandling:
    """What staff does with requests; `wake` starts the machine that carries them out."""

    def __init__(
        self,
        reading: Reading,
        clock: Clock,
        *,
        deadline: Deadline,
        recipients: Recipients,
        wake: Callable[[], None],
    ) -> None:
        self._reading = reading
        self._clock = clock
        self._deadline = deadline
        self._recipients = recipients
        self._wake = wake

    async def verify_request(self, request_id: uuid.UUID, *, vouched_by: str, caller: Principal) -> View:
        """Staff vouches for who asks, which ends the doubt. Errors: RequestNotFound, NotVerifying, InvalidArgument."""
        async with self._reading.locked(request_id, caller) as (session, request):
            step = verified(request, vouched_by, now=self._clock.now())
            await store.move(session, request_id, step, **store.MOVING)
            view = await self._reading.reread(session, request_id)
        self._wake()
        return view

    async def extend_request(self, request_id: uuid.UUID, *, reason: str, caller: Principal) -> View:
        """Two months more, counted from the receipt (Art. 12(3) GDPR).

        Errors: RequestNotFound, TooLate once it has ended, AlreadyExtended, ExtensionTooLate, InvalidArgument.
        """
        async with self._reading.locked(request_id, caller) as (session, request):
            if request.state >= State.COMPLETED:
                raise TooLate("This request has ended.")
            steps = (await store.transitions(session, [request_id]))[request_id]
            now = self._clock.now()
            step, due_date = extended(request, steps, reason, deadline=self._deadline, now=now)
            await store.move(session, request_id, step, due_date=due_date)
            return await self._reading.reread(session, request_id)

    async def refuse_request(self, request_id: uuid.UUID, *, reason: str, caller: Principal) -> View:
        """Ends a request without doing what it asks for (Art. 12(4), (5) GDPR).

        Errors: RequestNotFound, TooLate, ReasonUnfit, InvalidArgument.
        """
        async with self._reading.locked(request_id, caller) as (session, request):
            if not request.refusable:
                raise TooLate("This request can no longer be refused.")
            steps = (await store.transitions(session, [request_id]))[request_id]
            await end(session, request, refused(request, steps, reason, now=self._clock.now()))
            await plan_store.forget_identifiers(session, request_id)
            return await self._reading.reread(session, request_id)

    async def retry_request(self, request_id: uuid.UUID, *, caller: Principal) -> View:
        """Tries at once what stands still. Errors: RequestNotFound, NothingStalls."""
        async with self._reading.locked(request_id, caller) as (session, request):
            if request.stalled_at is None or request.state >= State.COMPLETED:
                raise NothingStalls("This request does not stand still.")
            await store.change(session, request_id, retry_at=None)
            view = await self._reading.reread(session, request_id)
        self._wake()
        return view

    async def fulfil_request(self, request_id: uuid.UUID, *, caller: Principal) -> View:
        """Staff has corrected the data, or ended the processing that was objected to.

        Errors: RequestNotFound, NothingToFulfil.
        """
        async with self._reading.locked(request_id, caller) as (session, request):
            if request.kind is Kind.RECTIFICATION and request.state is State.ACCEPTED:
                await self._corrected(session, request)
            elif await _is_weighed(session, request):
                await complete(session, request, STAFF, "objection-upheld", at=self._clock.now())
            else:
                raise NothingToFulfil("There is nothing here that staff has to do.")
            return await self._reading.reread(session, request_id)

    async def settle_recipient(
        self, request_id: uuid.UUID, *, recipient: str, how: str, caller: Principal
    ) -> View:
        """Notes how a recipient was told, or why not; with the last one a rectification is completed.

        Errors: RequestNotFound, RecipientNotFound, RecipientSettled, InvalidArgument.
        """
        if how not in WAYS:
            raise InvalidArgument("No such way.", violations={"how": one_of(WAYS)})
        now = self._clock.now()
        async with self._reading.locked(request_id, caller) as (session, request):
            settled = await corrections.settle(session, request_id, recipient, how=how, at=now)
            if settled is None:
                raise RecipientNotFound("The data of this request went to nobody of this name.")
            if not settled:
                raise RecipientSettled("This recipient is noted already.")
            if not await corrections.unsettled(session, request_id):
                await self._everybody_knows(session, request)
            return await self._reading.reread(session, request_id)

    async def list_disclosures(self) -> Sequence[Recipient]:
        """To whom personal data goes, as a copy of today would name them."""
        async with self._reading.database.reading() as session:
            return await self._recipients(session)

    async def _corrected(self, session: WriteSession, request: Request) -> None:
        """Corrected here, which the other services hear by themselves; who is outside has to be told."""
        now = self._clock.now()
        if await to_be_told(session, request.id, self._recipients, services=None):
            step = Transition(State.EXECUTING, now, STAFF, _CORRECTED)
            await store.move(session, request.id, step, **store.MOVING)
        else:
            await complete(session, request, STAFF, _CORRECTED, at=now)

    async def _everybody_knows(self, session: WriteSession, request: Request) -> None:
        """A rectification waits for this; an erasure or a restriction is done, and the law wants them told of it."""
        now = self._clock.now()
        if request.kind is Kind.RECTIFICATION:
            await complete(session, request, STAFF, _SETTLED, at=now)
            return
        await store.note(session, request.id, Transition(request.state, now, STAFF, _SETTLED), tell=False)
        if request.over:
            # Nobody has to be named to anybody any more.
            await plan_store.forget_identifiers(session, request.id)


async def _is_weighed(session: WriteSession, request: Request) -> bool:
    """Whether an objection to processing waits for a decision."""
    if request.kind is not Kind.OBJECTION or request.state >= State.COMPLETED:
        return False
    steps = (await store.transitions(session, [request.id]))[request.id]
    return objection_of(steps) is Scope.PROCESSING
