"""A withdrawal of consent as a request (Art. 7(3) GDPR): done when it is received, for nothing is left to decide."""

from __future__ import annotations

from kernel.clock import Clock
from kernel.db import Database, WriteSession
from services.privacy.consent.service import ConsentService
from services.privacy.requests.ending import complete
from services.privacy.requests.model import SUBJECT, SYSTEM, Request, Wish

# How the ledger says where a withdrawal came from; the request has the rest.
METHOD = "request"


class Withdrawing:
    """Withdraws in the transaction that receives the request: whoever has the answer gets no mail any more."""

    def __init__(self, database: Database, clock: Clock, *, consents: ConsentService) -> None:
        self._database = database
        self._clock = clock
        self._consents = consents

    async def receive(self, session: WriteSession, request: Request, wish: Wish) -> None:
        """Part of receiving the request; without any consent there is nothing to do, and that is no error.

        Errors: TopicUnknown.
        """
        ended = await self._consents.withdraw_all(
            session, request.contact_id, topics=wish.topics, method=METHOD
        )
        actor = SUBJECT if request.requested_by else SYSTEM
        await complete(session, request, actor, f"consents-withdrawn:{ended}", at=self._clock.now())

    async def advance(self, request: Request) -> None:
        """Nothing is left once it is received; kept for a request of an older version that was not completed."""
        async with self._database.transaction() as session:
            await self.receive(session, request, Wish())
