"""The kinds of request that begin in the transaction which receives them."""

from __future__ import annotations

from typing import Protocol

from kernel.db import WriteSession
from services.privacy.consent.service import ConsentService
from services.privacy.customers.judging import ExistingCustomers
from services.privacy.requests.model import Kind, Request, Wish
from services.privacy.requests.objecting import Objecting
from services.privacy.requests.recipients import Recipients
from services.privacy.requests.rectifying import Rectifying
from services.privacy.requests.restriction import Restricting
from services.privacy.requests.withdrawing import Withdrawing
from services.privacy.requests.working import Desk
from services.privacy.restrictions.service import RestrictionService
from services.privacy.suppression.service import SuppressionService


class Beginning(Protocol):
    """What a request of the kind does at once, and what the machine does with it later."""

    async def receive(self, session: WriteSession, request: Request, wish: Wish) -> None: ...

    async def advance(self, request: Request) -> None: ...


def beginning_kinds(
    desk: Desk,
    *,
    consents: ConsentService,
    suppression: SuppressionService,
    customers: ExistingCustomers,
    restrictions: RestrictionService,
    recipients: Recipients,
) -> dict[Kind, Beginning]:
    """Each with what it needs of the other areas."""
    restricting = Restricting(desk, restrictions, recipients=recipients)
    return {
        Kind.RESTRICTION: restricting,
        Kind.RECTIFICATION: Rectifying(),
        Kind.OBJECTION: Objecting(
            desk, consents=consents, suppression=suppression, customers=customers, restricting=restricting
        ),
        Kind.WITHDRAWAL: Withdrawing(desk.database, desk.clock, consents=consents),
    }
