"""Use cases of the person whose addresses stand on the list."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple

from kernel.db import Database
from kernel.identity import Principal
from kernel.rpc.call import note_subjects
from services.privacy.consent.service import ConsentService
from services.privacy.customers.judging import ExistingCustomers
from services.privacy.suppression.model import LIFTED_BY_THE_PERSON, Address, Ground
from services.privacy.suppression.normalise import EMAIL, normalise
from services.privacy.suppression.own.model import (
    PORTAL_LOGIN,
    AddressNotProven,
    NotListed,
    NotYoursToLift,
    OwnEntry,
    obstacle,
)
from services.privacy.suppression.service import SuppressionService

# The addresses on file for a contact. Errors: Unavailable.
AddressesOf = Callable[[uuid.UUID], Awaitable[Sequence[Address]]]
# How consents and permits by a sale end that stood before an entry which a wish has lifted.
_METHOD = "suppression-lifted"


class Bases(NamedTuple):
    """What else is known of a contact: on what advertising could rest, and where it would go."""

    consents: ConsentService
    customers: ExistingCustomers
    addresses_of: AddressesOf


class OwnSuppressionService:
    """Shows and lifts; a wish takes an address off, and never stands for a consent."""

    def __init__(
        self,
        database: Database,
        *,
        suppression: SuppressionService,
        bases: Bases,
    ) -> None:
        self._database = database
        self._suppression = suppression
        self._consents = bases.consents
        self._customers = bases.customers
        self._addresses_of = bases.addresses_of

    async def list_own_suppressions(self, contact_id: uuid.UUID, *, caller: Principal) -> list[OwnEntry]:
        """The entries of every address on file, and of the login's own, oldest first. Errors: Unavailable."""
        note_subjects([contact_id])
        proven = _proven(caller)
        asked = dict.fromkeys(_one_form(each) for each in await self._addresses_of(contact_id))
        if proven is not None:
            asked.setdefault(proven)
        found = [
            OwnEntry(entry, address, obstacle(entry, address, proven))
            for address in asked
            for entry in await self._suppression.entries_of([address])
        ]
        return sorted(found, key=lambda own: own.entry.created_at)

    async def lift_own_suppression(
        self, contact_id: uuid.UUID, entry_id: uuid.UUID, *, caller: Principal
    ) -> None:
        """Takes the login's address off. Errors: AddressNotProven, NotListed, NotYoursToLift.

        Of several people who share a mailbox each may wish it: they all have shown that it is theirs.
        """
        note_subjects([contact_id])
        proven = _proven(caller)
        if proven is None:
            raise AddressNotProven("Confirm your e-mail address first.")
        async with self._database.transaction() as session:
            known = await self._suppression.entries_in(session, [proven])
            entry = next((each for each in known if each.id == entry_id), None)
            if entry is None:
                raise NotListed("This address is not on the list.")
            if entry.reason not in LIFTED_BY_THE_PERSON:
                raise NotYoursToLift("This entry is not yours to lift; please write to us.")
            ground = Ground(contact_id, proven_by=PORTAL_LOGIN)
            if not await self._suppression.lift(session, proven, ground):
                raise NotListed("This address is not on the list.")
            # What was agreed to before the entry must not come back to life with it: nobody has agreed anew.
            ended = await self._consents.said_before(
                session, contact_id, channel=entry.channel, before=entry.created_at
            )
            if ended:
                await self._consents.withdraw_all(session, contact_id, topics=ended, method=_METHOD)
            # Nor does a sale permit what the list forbade: advertising waits for a consent.
            await self._customers.object_to_advertising(session, contact_id, method=_METHOD)


def _proven(caller: Principal) -> Address | None:
    """The address that the login has confirmed."""
    return _one_form(Address(EMAIL, caller.email)) if caller.email_verified and caller.email else None


def _one_form(address: Address) -> Address:
    return Address(address.channel, normalise(address.channel, address.value))
