"""Existing customers in use cases of other areas: who may be written to, and who says no."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date
from zoneinfo import ZoneInfo

from kernel.clock import Clock
from kernel.db import AnySession, WriteSession
from services.privacy.consent.standings.service import StandingService
from services.privacy.customers import store
from services.privacy.customers.model import Advertising, Objection, judge
from services.privacy.suppression.model import Address, Hasher, require_address
from services.privacy.suppression.normalise import EMAIL


class ExistingCustomers:
    """Judges set by set: three questions to the database, however many contacts."""

    def __init__(self, clock: Clock, hasher: Hasher, *, standings: StandingService, zone: ZoneInfo) -> None:
        self._clock = clock
        self._hasher = hasher
        self._standings = standings
        self._zone = zone

    def today(self) -> date:
        """Today where the company is."""
        return self._clock.now().astimezone(self._zone).date()

    def keyed(self, address: Address) -> tuple[str, bytes]:
        """How an address is kept: the key's id, and the hash. Errors: AddressInvalid."""
        require_address(address)
        return self._hasher.current, self._hasher.address(address)

    async def everybody(self, session: AnySession) -> frozenset[uuid.UUID]:
        """Everybody with a sale that is not too old."""
        return await store.everybody(session, self.today())

    async def judge(
        self, session: AnySession, asked: Sequence[tuple[uuid.UUID, str]], advertising: Advertising
    ) -> list[tuple[str, uuid.UUID | None]]:
        """The reason and the sale it rests on, for each contact with the address that a message would go to.

        Who has withdrawn or refused a consent to mails, whatever their topic, has objected: asking again by
        another way would be the very thing that the person said no to.
        """
        ids = [contact_id for contact_id, _ in asked]
        sales = await store.in_force(session, ids, self.today())
        objected = await store.objected(session, ids) | await self._standings.refusing(session, ids, EMAIL)
        judged = []
        for contact_id, address in asked:
            known = sales.get(contact_id, [])
            keyed = self._hasher.every(Address(EMAIL, address)) if known else []
            fitting = [sale for key, sale in known if key in keyed]
            judged.append(judge(advertising, fitting, objected=contact_id in objected))
        return judged

    async def object_to_advertising(
        self, session: WriteSession, contact_id: uuid.UUID, *, method: str
    ) -> None:
        """From the commit on no permit rests on a sale of this contact."""
        await store.note_objection(session, contact_id, Objection(self._clock.now(), method))
