"""A request to restrict (Art. 18 GDPR): ordered when it is received, completed when every holder has signed."""

from __future__ import annotations

from kernel.db import WriteSession
from services.privacy.requests import store
from services.privacy.requests.ending import complete
from services.privacy.requests.model import SYSTEM, Request, State, Transition, Wish
from services.privacy.requests.recipients import Recipients
from services.privacy.requests.telling import to_be_told
from services.privacy.requests.working import Desk, Waiting
from services.privacy.restrictions.service import RestrictionService


class Restricting:
    """Restricts at once and asks nobody: whether the ground holds is looked at while nothing is processed."""

    def __init__(self, desk: Desk, restrictions: RestrictionService, *, recipients: Recipients) -> None:
        self._desk = desk
        self._database = desk.database
        self._restrictions = restrictions
        self._recipients = recipients

    async def receive(self, session: WriteSession, request: Request, wish: Wish) -> None:
        """Part of receiving the request. Errors: GroundMissing."""
        await self._restrictions.impose(
            session, request.contact_id, ground=wish.ground, request_id=request.id
        )

    async def advance(self, request: Request) -> None:
        """As far as it goes now; a holder that is down only delays."""
        if await self.is_in_force(request):
            async with self._database.transaction() as session:
                if await complete(session, request, SYSTEM, "restricted", at=self._desk.clock.now()):
                    await to_be_told(session, request.id, self._recipients, services=None)

    async def is_in_force(self, request: Request) -> bool:
        """Whether every holder has signed by now; those who have not are asked."""
        now = self._desk.clock.now()
        if request.state is State.ACCEPTED:
            step = Transition(State.EXECUTING, now, SYSTEM, "restricting")
            everybody = [h.name for h in self._desk.holders]
            async with self._database.transaction() as session:
                if not await store.move(session, request.id, step, waiting_for=everybody):
                    return False
        delays = await self._restrictions.carry_out(request.contact_id)
        if delays:
            waiting = Waiting(
                [*delays.down, *delays.refused], dict(delays.down), list(delays.refused.values())
            )
            await self._desk.wait(request, waiting)
        return not delays
