"""Use cases of erased addresses: asked by everybody who writes one, begun by the holder."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence

from kernel.clock import Clock
from kernel.db import Database, WriteSession
from services.contacts.erasures import store
from services.contacts.erasures.model import Fingerprints


class ErasuresService:
    """Leaves writing an address and erasing it only two orders (docs/decisions/0015).

    Who writes an address asks the suppression list about it first, outside of any transaction. An erasure
    may be executed between the answer and the writing. So a writer shares a lock on the address from its
    check here until it has committed, and an erasure has the lock alone from before its first deletion:

    - writer first: the erasure's statements begin after the commit, find what was written, and delete it;
    - erasure first: the writer's check begins after the commit, and finds the address here.

    Who asks the list only after the erasure hears it there: the entry is written before anything is erased.
    """

    def __init__(self, database: Database, fingerprints: Fingerprints, clock: Clock) -> None:
        self._database = database
        self._fingerprints = fingerprints
        self._clock = clock

    async def is_erased(self, session: WriteSession, email: str) -> bool:
        """Whether this address was erased a moment ago; nobody erases it until the transaction ends."""
        if not email:
            return False
        fingerprint = self._fingerprints.of(email)
        await store.share_address(session, fingerprint)
        return fingerprint in await store.known(session, [fingerprint])

    async def are_erased(self, session: WriteSession, emails: Sequence[str]) -> list[bool]:
        """As `is_erased` for the addresses of a file, in the order asked; empty ones are not."""
        await self.hold_files(session)
        asked = await asyncio.to_thread(self._fingerprints.of_all, emails)
        known = await store.known(session, {each for each in asked if each})
        return [each in known for each in asked]

    async def hold_files(self, session: WriteSession) -> None:
        """Nobody erases anything until the transaction ends: for files, which are more than can be locked."""
        await store.share_files(session)

    async def shut_out(self, session: WriteSession, emails: Collection[str]) -> None:
        """Waits for those who write any of these addresses; who comes later finds them erased."""
        hashes = {self._fingerprints.of(email) for email in emails}
        # Files come first: they take long, and whoever writes a single contact must not wait for one.
        await store.take_files(session)
        await store.take_addresses(session, hashes)
        await store.add(session, hashes, self._clock.now())
