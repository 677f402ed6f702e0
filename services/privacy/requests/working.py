"""What carrying out a request has in common: asking holders that may be down, and saying who is waited for."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TypeVar

from kontor.privacy.v1 import holder_pb2

from kernel import telemetry
from kernel.clock import Clock
from kernel.db import AnySession, Database
from kernel.errors import DomainError, Unavailable
from kernel.tasks import end
from services.privacy.clients import HolderClient
from services.privacy.requests import store
from services.privacy.requests.model import (
    HOLDERS_DOWN,
    LEDGER_DOWN,
    RECEIPT_REFUSED,
    SYSTEM,
    Identifiers,
    Request,
    Transition,
)
from services.privacy.requests.plans import store as plan_store
from services.privacy.requests.receipts import identifiers_of, on_wire
from services.privacy.requests.sealing import Seal
from services.privacy.suppression.model import Address
from services.privacy.suppression.normalise import EMAIL, PHONE, SMS

log = telemetry.get_logger(__name__)
Answer = TypeVar("Answer")

# What the holder of addresses answers to a plan whose addresses are not the subject's (holder.proto).
IDENTIFIERS_CHANGED = "IDENTIFIERS_CHANGED"


PLAN_REFUSED, PROBE_REFUSED = "PLAN_REFUSED", "PROBE_REFUSED"
# Which of these contacts are under a legal hold, and why.
Holds = Callable[[AnySession, Sequence[uuid.UUID]], Awaitable[Mapping[uuid.UUID, str]]]


class AnswerRefused(Unavailable):
    """A holder answered what nobody may build on: as good as no answer."""


@dataclass(slots=True)
class Waiting:
    """Who has not answered, and what a person must know about it."""

    holders: list[str] = field(default_factory=list)
    # Why each of them failed, as it said itself.
    reasons: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    @asynccontextmanager
    async def unless_down(self, holder: HolderClient) -> AsyncIterator[None]:
        """A holder that fails only delays: it is noted, and the others are asked."""
        try:
            yield
        except DomainError as error:
            log.warning("holder does not answer", holder=holder.name, reason=error.reason)
            self.holders.append(holder.name)
            self.reasons[holder.name] = error.reason

    async def ask_all(
        self, holders: Sequence[HolderClient], ask: Callable[[HolderClient], Awaitable[Answer]]
    ) -> list[Answer]:
        """Asks all of them at the same time; the answers stand in the order of the holders that gave one."""

        async def one(holder: HolderClient) -> list[Answer]:
            given = []
            async with self.unless_down(holder):
                given.append(await ask(holder))
            return given

        asking = [asyncio.create_task(one(holder)) for holder in holders]
        try:
            answers = await asyncio.gather(*asking)
        finally:
            await end(asking)
        names = [holder.name for holder in holders]
        # Who fails first is chance; whoever reads it shall find the same order every time.
        self.holders.sort(key=lambda name: names.index(name) if name in names else -1)
        return [each for answer in answers for each in answer]

    def refuse(self, holder: HolderClient, problem: str) -> None:
        """The holder answered what cannot be accepted."""
        log.error("receipt refused", holder=holder.name, reason=problem)
        self.holders.append(holder.name)
        self.problems.append(problem)

    def __bool__(self) -> bool:
        return bool(self.holders or self.problems)

    @property
    def problem(self) -> str:
        """Why the request stands still, as a stable key; empty if it does not."""
        if self.problems == [LEDGER_DOWN]:
            return LEDGER_DOWN
        return (RECEIPT_REFUSED if self.problems else HOLDERS_DOWN) if self else ""


def addresses_of(known: Identifiers) -> list[Address]:
    """Every address on each channel on which it could be written to."""
    emails = [Address(EMAIL, email) for email in known.emails]
    return emails + [Address(by, phone) for phone in known.phones for by in (PHONE, SMS)]


class Desk:
    """The holders, and the notes on a request that everybody can read."""

    def __init__(
        self, database: Database, clock: Clock, *, holders: Sequence[HolderClient], seal: Seal
    ) -> None:
        self.database = database
        self.clock = clock
        self.holders = tuple(holders)
        self._seal = seal

    async def identify(self, request: Request) -> Identifiers:
        """How the subject can be recognised. Errors: whatever keeps the first holder from answering."""
        return await self.identify_contact(request.contact_id)

    async def identify_contact(self, contact_id: uuid.UUID) -> Identifiers:
        """As `identify`; nothing for a contact that is gone."""
        asked = holder_pb2.CollectRequest(subject_id=str(contact_id))
        records = [record async for record in self.holders[0].collect(asked)]
        return identifiers_of(records, contact_id)

    async def addresses_of_contact(self, contact_id: uuid.UUID) -> list[Address]:
        """Where the contact can be reached, as the suppression list asks. Errors: as `identify`."""
        return addresses_of(await self.identify_contact(contact_id))

    async def remembered(self, request: Request) -> Identifiers | None:
        """Those that the last plan was made with: after Execute nobody could answer it any more."""
        async with self.database.reading() as session:
            sealed = await plan_store.identifiers(session, request.id)
        return None if sealed is None else self._seal.open(sealed)

    def sealed(self, identifiers: Identifiers) -> bytes:
        """As they are kept."""
        return self._seal.close(identifiers)

    async def collect(
        self, holder: HolderClient, request: Request, identifiers: Identifiers
    ) -> list[holder_pb2.Record]:
        """Everything that one holder has about the subject."""
        asked = holder_pb2.CollectRequest(
            subject_id=str(request.contact_id), identifiers=on_wire(identifiers)
        )
        return [record async for record in holder.collect(asked)]

    async def wait(self, request: Request, waiting: Waiting) -> None:
        """Shows who is waited for; a problem becomes a step of the request, once."""
        async with self.database.transaction() as session:
            if not await store.change(session, request.id, waiting_for=waiting.holders):
                return
            if waiting:
                await store.stall(session, request.id, waiting.problem, at=self.clock.now())
            elif request.problem in (HOLDERS_DOWN, RECEIPT_REFUSED, LEDGER_DOWN):
                await store.change(session, request.id, problem="", stalled_at=None)
            known = {t.reason for t in (await store.transitions(session, [request.id]))[request.id]}
            for problem in waiting.problems:
                if problem not in known:
                    step = Transition(request.state, self.clock.now(), SYSTEM, problem)
                    await store.note(session, request.id, step)
