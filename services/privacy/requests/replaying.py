"""After a restore: erasures that the copies of the ledger know and a database has forgotten are begun again."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from kontor.privacy.v1 import holder_pb2

from kernel import telemetry
from kernel.db import WriteSession
from kernel.ids import new_id
from services.privacy.ledger.copies import Copies
from services.privacy.ledger.model import LedgerEntry, Statement
from services.privacy.ledger.service import LedgerService
from services.privacy.requests import store
from services.privacy.requests.deadline import Deadline
from services.privacy.requests.model import SYSTEM, Kind, Request, State, Transition
from services.privacy.requests.plans import store as plan_store
from services.privacy.requests.receipts import on_wire
from services.privacy.requests.working import Desk
from services.privacy.suppression.service import SuppressionService

log = telemetry.get_logger(__name__)

# Why an erasure runs that nobody asked for now: it was promised, and a restore brought the person back.
REPLAYED = "replayed"
Promise = tuple[LedgerEntry, Statement]


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a replay has begun."""

    erasures: int
    contacts: frozenset[uuid.UUID]


class Replay:
    """Brings promises back into this database and has the machine keep them again, as it keeps every other one.

    Each request is one transaction: its promises, and that it executes once more. So a replay that is killed
    goes on where it was, and one that runs twice finds nothing to do. Plan, Execute, Probe and the
    certificate are those of any erasure (docs/decisions/0037).
    """

    def __init__(
        self, desk: Desk, ledger: LedgerService, deadline: Deadline, *, suppression: SuppressionService
    ) -> None:
        self._desk = desk
        self._database = desk.database
        self._ledger = ledger
        self._deadline = deadline
        self._suppression = suppression

    async def redo(self, copies: Copies) -> Replayed:
        """Begins every erasure again that this database has forgotten, those promised first first."""
        return await self._begin(copies.rolled_back())

    async def redo_everywhere(self, copies: Copies) -> Replayed:
        """As `redo`, and what any holder still has of somebody erased: for a database that was restored alone.

        Errors: Unavailable while a holder is down.
        """
        begun = await self.redo(copies)
        newest = {entry.contact_id: (entry, statement) for entry, statement in copies.erasures()}
        left = [each for id, each in newest.items() if id not in begun.contacts and await self._is_back(id)]
        again = await self._begin(left)
        return Replayed(begun.erasures + again.erasures, begun.contacts | again.contacts)

    async def running(self) -> int:
        """How many replayed erasures are not completed yet."""
        async with self._database.reading() as session:
            return await store.count_open(session, because=REPLAYED)

    async def _begin(self, promises: Sequence[Promise]) -> Replayed:
        grouped = sorted(promises, key=lambda each: str(each[0].request_id))
        requests = [list(group) for _, group in groupby(grouped, key=lambda each: each[0].request_id)]
        for group in sorted(requests, key=lambda each: each[0][0].recorded_at):
            async with self._database.transaction() as session:
                for entry, statement in group:
                    await self._ledger.restore(session, entry, statement)
                    # The erasure suppresses what it finds; where only this database was restored it finds nobody.
                    await self._suppression.put_back(
                        session, entry.suppressions, key_id=entry.key_id, at=entry.recorded_at
                    )
                await self._reopen(session, group[-1][0])
        if requests:
            log.warning("erasures are replayed", count=len(requests))
        return Replayed(len(requests), frozenset(entry.contact_id for entry, _ in promises))

    async def _reopen(self, session: WriteSession, promised: LedgerEntry) -> None:
        now = self._desk.clock.now()
        step = Transition(State.EXECUTING, now, SYSTEM, REPLAYED)
        # Whichever request of this person is open carries it: two would race each other to the same rows.
        found = await store.open_one(session, promised.contact_id, Kind.ERASURE, lock=True)
        if found is None:
            found = await self._again(session, promised)
        number = max(found.round, await self._ledger.last_round(session, found.id)) + 1
        await plan_store.add_round(session, found.id, number)
        await store.move(session, found.id, step, **store.MOVING, round=number)

    async def _again(self, session: WriteSession, promised: LedgerEntry) -> Request:
        """The request that the restore has taken away; or a new one, if that one is known and has ended."""
        known = await store.find(session, promised.request_id)
        request = Request(
            id=promised.request_id if known is None else new_id(),
            kind=Kind.ERASURE,
            state=State.EXECUTING,
            contact_id=promised.contact_id,
            requested_by=known.requested_by if known else None,
            language=known.language if known else "de",
            received_at=promised.recorded_at,
            due_date=self._deadline.due(promised.recorded_at),
        )
        await store.add(session, request)
        return request

    async def _is_back(self, contact_id: uuid.UUID) -> bool:
        identifiers = await self._desk.identify_contact(contact_id)
        asked = holder_pb2.ProbeRequest(subject_id=str(contact_id), identifiers=on_wire(identifiers))
        answers = [await holder.probe(asked) for holder in self._desk.holders]
        return any(not finding.law for answer in answers for finding in answer.findings)
