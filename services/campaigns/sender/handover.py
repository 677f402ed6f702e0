"""Handing mails over so that none is lost and none doubled: claim, hand over, write down, reconcile.

Why it is done this way: docs/decisions/0003-ambiguous-handover.md.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from sqlalchemy import Row, Table

from kernel import telemetry
from kernel.db import Database, WriteSession
from kernel.errors import Unavailable
from services.campaigns.sender import store
from services.campaigns.sender.evidence import RelayEvidence
from services.campaigns.sender.mail import Mailbox, message_id
from services.campaigns.sender.model import Mail, Outcomes, State, Verdict
from services.campaigns.sender.relay import Relay

log = telemetry.get_logger(__name__)

# What the relay said is known to this process alone until it is written down: worth some patience.
_RECORD_ATTEMPTS = 20
_RECORD_PAUSE_S = 1.0
_RECONCILED_AT_ONCE = 200
# Without evidence nothing is gained by haste, and a slow relay may still answer to a living sender.
_DOUBT_S = 600.0

Hook = Callable[[WriteSession, set[uuid.UUID]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Timing:
    """`hand_over_s`: how long a claim lasts; `settle_s`: how long the relay may lag behind its end."""

    hand_over_s: float
    settle_s: float


@dataclass(frozen=True, slots=True)
class Route:
    """Everything between us and a mailbox that all tables share. No `evidence`: the relay cannot tell."""

    relay: Relay
    evidence: RelayEvidence | None
    sender: Mailbox
    timing: Timing


@dataclass(frozen=True, slots=True)
class Batch:
    """Mails to hand over together. `denied` and `refused` say why other rows get none.

    A row that no longer meets `conditions` when it is claimed stays planned, and is looked at anew.
    """

    mails: Sequence[Mail]
    on_claim: Hook
    denied: Mapping[uuid.UUID, str] = field(default_factory=dict)
    refused: Mapping[uuid.UUID, str] = field(default_factory=dict)
    conditions: Sequence[Any] = ()


class Handover:
    """One table's way to the relay. `on_sent` runs in the transaction that notes mails as sent."""

    def __init__(
        self,
        database: Database,
        table: Table,
        *,
        route: Route,
        on_sent: Hook,
    ) -> None:
        self._database = database
        self._table = table
        self._relay = route.relay
        self._evidence = route.evidence
        self._sender = route.sender
        self._timing = route.timing
        self._on_sent = on_sent

    async def planned(self, *conditions: Any, limit: int) -> Sequence[Row[Any]]:
        """Rows that may go now. Errors: Unavailable if the relay does not let us in."""
        async with self._database.reading() as session:
            rows = await store.planned(session, self._table, *conditions, limit=limit)
        # Asked only if there is something to send, and before any permit is.
        if rows and not await self._relay.ready():
            raise Unavailable("The relay does not answer; messages wait.", reason="RELAY_UNAVAILABLE")
        return rows

    async def deliver(self, batch: Batch, *, stop: asyncio.Event | None = None) -> None:
        """Claims the batch's rows, hands their mails over and notes what became of them.

        Once `stop` is set, nothing more is handed over; the rest stays planned.
        """
        claim_id = uuid.uuid4()
        # Measured before the claim begins in the database, so that we stop before anybody else may start.
        deadline = monotonic() + self._timing.hand_over_s
        async with self._database.transaction() as session:
            mine = await store.claim(
                session,
                self._table,
                [mail.id for mail in batch.mails],
                *batch.conditions,
                claim_id=claim_id,
                seconds=self._timing.hand_over_s,
            )
            await batch.on_claim(session, mine)
            await store.close(session, self._table, batch.denied, state=State.DENIED)
            await store.close(session, self._table, batch.refused, state=State.REFUSED)
        mails = [mail for mail in batch.mails if mail.id in mine]
        outcomes = await self._relay.hand_over(mails, deadline=deadline, stop=stop or asyncio.Event())
        await self._record(outcomes, claim_id)

    async def reconcile(self) -> None:
        """Ends the doubt about mails whose sender went away in the middle.

        Accepted by the relay: sent. Not accepted: planned again, under the same Message-ID.
        If the relay cannot tell: uncertain, and never sent again.
        Errors: Unavailable if the relay should be able to tell and does not answer.
        """
        wait = self._timing.settle_s if self._evidence is not None else _DOUBT_S
        while True:
            async with self._database.reading() as session:
                rows = await store.stale(session, self._table, settle_s=wait, limit=_RECONCILED_AT_ONCE)
            if not rows:
                return
            await self._resolve(rows)

    async def _resolve(self, rows: list[store.Stale]) -> None:
        if self._evidence is None:
            async with self._database.transaction() as session:
                await store.resolve(session, self._table, rows, state=State.UNCERTAIN)
            return
        names = {row: message_id(row.id, self._sender) for row in rows}
        accepted = await self._evidence.accepted(list(names.values()))
        log.info("reconciled with the relay", count=len(rows), delivered=len(accepted))
        async with self._database.transaction() as session:
            arrived = [row for row, name in names.items() if name in accepted]
            missing = [row for row, name in names.items() if name not in accepted]
            sent = await store.resolve(session, self._table, arrived, state=State.SENT)
            await store.resolve(session, self._table, missing, state=State.PLANNED)
            await self._on_sent(session, sent)

    async def _record(self, outcomes: Outcomes, claim_id: uuid.UUID) -> None:
        if not outcomes:
            return
        for attempt in range(1, _RECORD_ATTEMPTS + 1):
            try:
                async with self._database.transaction() as session:
                    sent = await store.settle(session, self._table, outcomes, claim_id=claim_id)
                    await self._on_sent(session, sent)
                break
            except Unavailable:
                if attempt == _RECORD_ATTEMPTS:
                    raise
                await asyncio.sleep(_RECORD_PAUSE_S)
        if all(outcome.verdict is Verdict.UNTOUCHED for outcome in outcomes.values()):
            raise Unavailable("The relay took nothing; messages wait.", reason="RELAY_UNAVAILABLE")
