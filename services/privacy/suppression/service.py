"""Use cases of the suppression list."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from kernel.clock import Clock
from kernel.db import AnySession, Database, WriteSession
from kernel.ids import new_id
from services.privacy.suppression import store
from services.privacy.suppression.model import (
    LIFTED_BY_CONSENT,
    Address,
    Entry,
    Hasher,
    Lifting,
    require_address,
    require_reason,
)


class SuppressionService:
    """Checks, adds and lists; never answers which address an entry stands for."""

    def __init__(self, database: Database, hasher: Hasher, clock: Clock) -> None:
        self._database = database
        self._hasher = hasher
        self._clock = clock

    async def check_suppressions(self, addresses: Sequence[Address]) -> list[bool]:
        """Which of the addresses are suppressed, in the order asked."""
        async with self._database.reading() as session:
            return await self.suppressed(session, addresses)

    async def add_suppression(self, address: Address, *, reason: str) -> Entry:
        """Adds an address; says if it was listed before. Errors: ReasonUnknown, AddressInvalid."""
        require_reason(reason)
        require_address(address)
        async with self._database.transaction() as session:
            return await self.add(session, address, reason=reason)

    async def list_suppressions(
        self, *, after: tuple[datetime, uuid.UUID] | None, limit: int
    ) -> tuple[list[Entry], int]:
        """Entries newest first, and how many there are."""
        async with self._database.reading() as session:
            return await store.listed(session, after=after, limit=limit)

    async def suppressed(self, session: AnySession, addresses: Sequence[Address]) -> list[bool]:
        """As `check_suppressions`, in a use case of another area."""
        keyed = [self._hasher.every(address) for address in addresses]
        known = await store.known_hashes(session, [each for keys in keyed for each in keys])
        if not known:
            return [False] * len(keyed)
        return [any(each in known for _, each in keys) for keys in keyed]

    async def reasons(self, session: AnySession, addresses: Sequence[Address]) -> list[str]:
        """Why each of the addresses is suppressed, in the order asked; empty for one that is not."""
        keyed = [self._hasher.every(address) for address in addresses]
        known = await store.reasons(session, [each for keys in keyed for each in keys])
        return [next((known[each] for _, each in keys if each in known), "") for keys in keyed]

    async def lift(self, session: WriteSession, address: Address, *, consent_id: uuid.UUID) -> list[Lifting]:
        """Takes an address off that its owner has just proven and consented for; never called for staff.

        Only entries of `LIFTED_BY_CONSENT`; each leaves a record with the consent that lifted it.
        """
        entries = await store.remove(session, self._hasher.every(address), reasons=LIFTED_BY_CONSENT)
        lifted = [Lifting(entry, consent_id, self._clock.now()) for entry in entries]
        await store.note_lifted(session, lifted)
        return lifted

    async def entries_of(self, addresses: Sequence[Address]) -> list[Entry]:
        """The entries of these addresses: the subject may know that and why it is not contacted."""
        keyed = [each for address in addresses for each in self._hasher.every(address)]
        async with self._database.reading() as session:
            return await store.entries(session, keyed)

    async def add(self, session: WriteSession, address: Address, *, reason: str) -> Entry:
        """As `add_suppression`, in a use case of another area."""
        entry = Entry(id=new_id(), channel=address.channel, reason=reason, created_at=self._clock.now())
        return await store.add(
            session,
            entry=entry,
            key_id=self._hasher.current,
            address_hash=self._hasher.address(address),
        )
