"""An objection (Art. 21 GDPR): to advertising it is absolute; of other processing the grounds are weighed."""

from __future__ import annotations

from kernel.db import WriteSession
from kernel.errors import InvalidArgument
from services.privacy.consent.service import ConsentService
from services.privacy.customers.judging import ExistingCustomers
from services.privacy.requests import store
from services.privacy.requests.course import OBJECTS_TO, objection_of
from services.privacy.requests.ending import complete
from services.privacy.requests.model import SUBJECT, SYSTEM, Request, Scope, State, Transition, Wish
from services.privacy.requests.restriction import Restricting
from services.privacy.requests.working import Desk, Waiting
from services.privacy.suppression.model import Address
from services.privacy.suppression.normalise import EMAIL, PHONE, SMS
from services.privacy.suppression.service import SuppressionService

_METHOD = "objection"
# The ground of the restriction while it is weighed (Art. 18(1)(d) GDPR); as on the wire.
_GROUND = 4
_WEIGHED = "weighing-grounds"


class Objecting:
    """Ends advertising for good, or restricts what is objected to until somebody has decided."""

    def __init__(
        self,
        desk: Desk,
        *,
        consents: ConsentService,
        suppression: SuppressionService,
        customers: ExistingCustomers,
        restricting: Restricting,
    ) -> None:
        self._desk = desk
        self._consents = consents
        self._suppression = suppression
        self._customers = customers
        self._restricting = restricting

    async def receive(self, session: WriteSession, request: Request, wish: Wish) -> None:
        """Part of receiving the request: from its commit on no permit is given. Errors: InvalidArgument."""
        if wish.objection not in OBJECTS_TO:
            raise InvalidArgument("Say what is objected to.", violations={"objection": "must be set"})
        scope = Scope(wish.objection)
        actor = SUBJECT if request.requested_by else SYSTEM
        step = Transition(request.state, self._desk.clock.now(), actor, OBJECTS_TO[scope])
        await store.note(session, request.id, step)
        if scope is Scope.MARKETING:
            await self._consents.withdraw_all(session, request.contact_id, topics=(), method=_METHOD)
            await self._customers.object_to_advertising(session, request.contact_id, method=_METHOD)
        else:
            await self._restricting.receive(session, request, Wish(ground=_GROUND))

    async def advance(self, request: Request) -> None:
        """As far as it goes now; a holder that is down only delays."""
        async with self._desk.database.reading() as session:
            steps = (await store.transitions(session, [request.id]))[request.id]
        if objection_of(steps) is Scope.MARKETING:
            await self._suppress(request)
        elif not any(step.reason == _WEIGHED for step in steps):
            await self._restrict(request)

    async def _suppress(self, request: Request) -> None:
        """Whatever is imported or collected later: these addresses are not written to again."""
        waiting = Waiting()
        addresses: list[Address] = []
        async with waiting.unless_down(self._desk.holders[0]):
            known = await self._desk.identify(request)
            addresses += [Address(EMAIL, email) for email in known.emails]
            addresses += [Address(by, phone) for phone in known.phones for by in (PHONE, SMS)]
        if waiting:
            await self._desk.wait(request, waiting)
            return
        async with self._desk.database.transaction() as session:
            reason = f"marketing-ended:{len(addresses)}"
            if not await complete(session, request, SYSTEM, reason, at=self._desk.clock.now()):
                return
            for address in addresses:
                await self._suppression.add(session, address, reason="objection")

    async def _restrict(self, request: Request) -> None:
        if await self._restricting.is_in_force(request):
            step = Transition(State.EXECUTING, self._desk.clock.now(), SYSTEM, _WEIGHED)
            async with self._desk.database.transaction() as session:
                await store.move(session, request.id, step, **store.MOVING)
