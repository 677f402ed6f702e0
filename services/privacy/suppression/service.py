"""Use cases of the suppression list."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

from kernel import telemetry
from kernel.clock import Clock
from kernel.db import Database, WriteSession
from kernel.ids import new_id
from kernel.rpc.call import note_subjects
from services.privacy.suppression import store
from services.privacy.suppression.model import (
    LIFTED_BY_THE_PERSON,
    Address,
    Counts,
    Entry,
    Ground,
    Hasher,
    KeyCount,
    KeyLost,
    Lifting,
    Outcome,
    Wanted,
    promised,
    require_address,
    require_reason,
)
from services.privacy.suppression.normalise import is_address

log = telemetry.get_logger(__name__)

EVERYTHING = Wanted()


class SuppressionService:
    """Checks, adds and lists; never answers which address an entry stands for."""

    def __init__(self, database: Database, hasher: Hasher, clock: Clock) -> None:
        self._database = database
        self._hasher = hasher
        self._clock = clock

    async def check_suppressions(self, addresses: Sequence[Address]) -> list[bool]:
        """Which of the addresses are suppressed, in the order asked; what is found under a former key is re-keyed."""
        keyed = [self._hasher.every(address) for address in addresses]
        async with self._list() as session:
            known = await store.known(session, [each for keys in keyed for each in keys])
        found = [any(each in known for _, each in keys) for keys in keyed]
        if any(key_id != self._hasher.current for key_id in known.values()):
            # In a transaction of its own: the answer is right without it, and most checks find nothing to do.
            async with self._list() as session:
                # One order for everybody: two checks at once must not wait for each other.
                for address in sorted(
                    {a for a, hit in zip(addresses, found, strict=True) if hit}, key=_place
                ):
                    await self._rekey(session, address)
        return found

    async def add_suppression(self, address: Address, *, reason: str) -> Entry:
        """Adds an address; says if it was listed before. Errors: ReasonUnknown, AddressInvalid."""
        require_reason(reason)
        require_address(address)
        async with self._database.transaction() as session:
            return await self.add(session, address, reason=reason)

    async def import_suppressions(self, addresses: Sequence[Address]) -> list[Outcome]:
        """Takes a part of a foreign list over, and says of each address in the order given what became of it."""
        valid = [is_address(address.channel, address.value) for address in addresses]
        good = [address for address, fits in zip(addresses, valid, strict=True) if fits]
        async with self._list() as session:
            fresh = await self._add_all(session, good, reason="import")
        outcomes = []
        for address, fits in zip(addresses, valid, strict=True):
            address_hash = self._hasher.address(address) if fits else b""
            if not fits:
                outcomes.append(Outcome.INVALID)
            elif address_hash in fresh:
                # The second time in one list it is there already.
                fresh.discard(address_hash)
                outcomes.append(Outcome.ADDED)
            else:
                outcomes.append(Outcome.LISTED_BEFORE)
        return outcomes

    async def get_suppression_counts(self) -> Counts:
        """How many entries there are by reason and by key. A former key without any may be dropped."""
        async with self._list() as session:
            by_reason, by_key = await store.counts(session)
        current = self._hasher.current
        keys = sorted(self._hasher.key_ids | by_key.keys(), key=lambda key_id: (key_id != current, key_id))
        return Counts(by_reason, [KeyCount(key, by_key.get(key, 0), key == current) for key in keys])

    async def require_keys(self) -> None:
        """That no entry stands under a key that is gone from the settings. Errors: KeyLost."""
        async with self._list() as session:
            _, by_key = await store.counts(session)
        lost = sorted(by_key.keys() - self._hasher.key_ids)
        if lost:
            raise KeyLost(
                f"{sum(by_key[key] for key in lost)} entries of the suppression list were made with keys that "
                f"are not configured ({', '.join(lost)}): put them back into suppression-peppers."
            )

    async def list_suppressions(
        self, wanted: Wanted = EVERYTHING, *, after: tuple[datetime, uuid.UUID] | None, limit: int
    ) -> tuple[list[Entry], int]:
        """Entries newest first, and how many there are."""
        async with self._list() as session:
            return await store.listed(session, wanted, after=after, limit=limit)

    async def suppressed(self, session: WriteSession, addresses: Sequence[Address]) -> list[bool]:
        """As `check_suppressions`, in a use case of another area."""
        keyed = [self._hasher.every(address) for address in addresses]
        async with store.opened(session):
            known = await store.known(session, [each for keys in keyed for each in keys])
        if not known:
            return [False] * len(keyed)
        return [any(each in known for _, each in keys) for keys in keyed]

    async def reasons(self, session: WriteSession, addresses: Sequence[Address]) -> list[str]:
        """Why each of the addresses is suppressed, in the order asked; empty for one that is not."""
        keyed = [self._hasher.every(address) for address in addresses]
        async with store.opened(session):
            known = await store.reasons(session, [each for keys in keyed for each in keys])
        return [next((known[each] for _, each in keys if each in known), "") for keys in keyed]

    async def lift(self, session: WriteSession, address: Address, ground: Ground) -> list[Lifting]:
        """Takes an address off that its owner has just proven, for a consent or at a wish; never called for staff.

        Only entries of `LIFTED_BY_THE_PERSON`; each leaves a record with the ground.
        """
        async with store.opened(session):
            entries = await store.remove(session, self._hasher.every(address), reasons=LIFTED_BY_THE_PERSON)
        lifted = [Lifting(entry, ground, self._clock.now()) for entry in entries]
        await store.note_lifted(session, lifted)
        return lifted

    async def entries_of(self, addresses: Sequence[Address]) -> list[Entry]:
        """The entries of these addresses: the subject may know that and why it is not contacted."""
        async with self._database.transaction() as session:
            return await self.entries_in(session, addresses)

    async def entries_in(self, session: WriteSession, addresses: Sequence[Address]) -> list[Entry]:
        """As `entries_of`, in a use case of another area."""
        keyed = [each for address in addresses for each in self._hasher.every(address)]
        async with store.opened(session):
            return await store.entries(session, keyed)

    async def list_suppression_liftings(
        self, *, after: tuple[datetime, uuid.UUID] | None, limit: int
    ) -> list[Lifting]:
        """What was taken off, the latest first; one more than `limit` if there are more."""
        async with self._database.reading() as session:
            found = await store.liftings(session, after=after, limit=limit + 1)
        note_subjects(one.ground.contact_id for one in found[:limit] if one.ground.contact_id)
        return found

    async def add(self, session: WriteSession, address: Address, *, reason: str) -> Entry:
        """As `add_suppression`, in a use case of another area."""
        entry = Entry(id=new_id(), channel=address.channel, reason=reason, created_at=self._clock.now())
        async with store.opened(session):
            await self._rekey(session, address)
            return await store.add(
                session,
                entry=entry,
                key_id=self._hasher.current,
                address_hash=self._hasher.address(address),
            )

    async def put_back(
        self, session: WriteSession, named: Sequence[str], *, key_id: str, at: datetime
    ) -> None:
        """What a restore took off the list and a promise to erase still names (`Hasher.kept_out`).

        The entry stands under the key of that day until its address comes up again, as every former one.
        """
        if not named:
            return
        if key_id not in self._hasher.key_ids:
            # An entry under it would protect nobody and keep the process from starting.
            log.error("key of a promise is missing", reason=key_id, count=len(named))
            return
        entries = [
            (address_hash, Entry(id=new_id(), channel=channel, reason="erasure", created_at=at))
            for channel, address_hash in map(promised, sorted(named))
        ]
        async with store.opened(session):
            await store.add_all(session, entries, key_id=key_id)

    @asynccontextmanager
    async def _list(self) -> AsyncIterator[WriteSession]:
        """A transaction in the list and in nothing else. Reads, too: outside of one nobody can become its role."""
        async with self._database.transaction() as session, store.opened(session):
            yield session

    async def _add_all(
        self, session: WriteSession, addresses: Sequence[Address], *, reason: str
    ) -> set[bytes]:
        """Adds many at once; answers the hashes that are new."""
        every = {self._hasher.address(address): address for address in addresses}
        keyed = [each for address in every.values() for each in self._hasher.every(address)]
        known = await store.known(session, keyed)
        if any(key_id != self._hasher.current for key_id in known.values()):
            for address in sorted(every.values(), key=_place):
                if any(each in known for _, each in self._hasher.every(address)):
                    await self._rekey(session, address)
        now = self._clock.now()
        entries = [
            # One order for everybody: two lists at once must not wait for each other.
            (each, Entry(id=new_id(), channel=every[each].channel, reason=reason, created_at=now))
            for each in sorted(every)
        ]
        return set(await store.add_all(session, entries, key_id=self._hasher.current))

    async def _rekey(self, session: WriteSession, address: Address) -> None:
        """Brings an entry that was made with a former key to the current one."""
        keyed = self._hasher.every(address)
        current = (self._hasher.current, self._hasher.address(address))
        former = [each for each in keyed if each[0] != self._hasher.current]
        if former:
            await store.rekey(session, former, to=current)


def _place(address: Address) -> tuple[int, str]:
    return address.channel, address.value
