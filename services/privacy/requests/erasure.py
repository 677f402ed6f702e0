"""An erasure from plan to certificate. Every step may be killed and is then simply taken again."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

from google.protobuf import json_format
from kontor.privacy.v1 import holder_pb2

from kernel.db import WriteSession
from kernel.ids import derived_id
from services.privacy.clients import HolderClient
from services.privacy.ledger.model import LedgerEntry
from services.privacy.ledger.service import LedgerService, LedgerUnavailable
from services.privacy.requests import store
from services.privacy.requests.certificate import Certifier, Proof
from services.privacy.requests.ending import complete
from services.privacy.requests.farewell.service import FarewellService
from services.privacy.requests.model import (
    HELD,
    LEDGER_DOWN,
    SYSTEM,
    Identifiers,
    Request,
    Round,
    State,
    Transition,
    next_try,
    residue,
)
from services.privacy.requests.planning import Planner
from services.privacy.requests.plans import store as plan_store
from services.privacy.requests.receipts import (
    Planned,
    combined_hash,
    kept_until,
    on_wire,
    probe_problem,
    receipt_problem,
)
from services.privacy.requests.recipients import Recipients
from services.privacy.requests.telling import erased_by, to_be_told
from services.privacy.requests.working import (
    IDENTIFIERS_CHANGED,
    PROBE_REFUSED,
    AnswerRefused,
    Desk,
    Holds,
    Waiting,
)
from services.privacy.suppression.model import Address, Hasher
from services.privacy.suppression.normalise import EMAIL, PHONE, normalise
from services.privacy.suppression.service import SuppressionService

_JSON, _PDF = 1, 2


class Closing(NamedTuple):
    """What an erasure ends with: receipts are checked, the certificate over them is signed, everybody is told."""

    holder_keys: Mapping[str, str]
    certifier: Certifier
    farewells: FarewellService
    recipients: Recipients


class Erasure:
    """Plan, ledger, suppress, execute, probe, certify: in this order, each step once in effect."""

    def __init__(
        self,
        desk: Desk,
        *,
        ledger: LedgerService,
        suppression: SuppressionService,
        hasher: Hasher,
        closing: Closing,
        holds: Holds,
    ) -> None:
        self._desk = desk
        self._planner = Planner(desk, hasher)
        self._database = desk.database
        self._ledger = ledger
        self._suppression = suppression
        self._hasher = hasher
        self._holder_keys = closing.holder_keys
        self._certifier = closing.certifier
        self._farewells = closing.farewells
        self._recipients = closing.recipients
        self._holds = holds

    async def advance(self, request: Request) -> None:
        """As far as it goes now; a holder that is down only delays."""
        if request.state is State.PARTIALLY_FULFILLED:
            await self._take_up_again(request)
        elif request.state is not State.ACCEPTED:
            await self._execute(request)
        elif await self._planner.plan(request):
            await self._show_plan(request)

    async def _show_plan(self, request: Request) -> None:
        step = Transition(State.PLANNED, self._desk.clock.now(), SYSTEM, "planned")
        async with self._database.transaction() as session:
            await store.move(session, request.id, step, **store.MOVING)

    async def _take_up_again(self, request: Request) -> None:
        """Goes on when the last period is over, or the hold released: in a new round, with its own promise."""
        if await self._hold_on(request):
            return
        reason = "hold-released" if request.kept_until is None else "period-ended"
        number = request.round + 1
        untouched = all(p.receipt is None for p in await self._plans(request))
        step = Transition(State.EXECUTING, self._desk.clock.now(), SYSTEM, reason)
        async with self._database.transaction() as session:
            # If the contact has another erasure that is open, that one is waited for.
            if await store.reopen(session, request, step, number=number):
                await plan_store.add_round(session, request.id, number)
                if untouched:
                    await plan_store.take_plans_along(session, request.id, to=number)

    async def _hold_on(self, request: Request) -> str:
        async with self._database.reading() as session:
            return (await self._holds(session, [request.contact_id])).get(request.contact_id, "")

    async def _stop_for(self, request: Request, hold: str) -> None:
        """The clock ends: the person is told that, why, and that it goes on by itself."""
        step = Transition(State.PARTIALLY_FULFILLED, self._desk.clock.now(), SYSTEM, f"{HELD}{hold}")
        async with self._database.transaction() as session:
            await store.move(session, request.id, step, kept_until=None, **store.MOVING)

    async def _execute(self, request: Request) -> None:
        hold = await self._hold_on(request)
        if hold:
            await self._stop_for(request, hold)
            return
        if not await self._promise(request):
            return
        identifiers = await self._known(request)
        # Before anything is erased: whoever asks about an address later than its holder erased it must hear so.
        await self._suppress(request, identifiers)
        if not await self._carry_out(request):
            return
        probe = await self._probe(request, identifiers)
        if probe is None:
            return
        left = residue(probe)
        if left:
            # What the probe found is planned and erased anew.
            await self._open_next_round(request, "probe-found:" + ",".join(left[:5]))
        else:
            await self._complete(request, identifiers)

    async def _promise(self, request: Request) -> bool:
        # The ledger row comes first: a crash after it is repaired, a crash before it harmed nothing.
        if (await self._round(request)).ledger_id is not None:
            return True
        entry_id = derived_id(request.id, f"ledger-{request.round}")
        entry = await self._ledger.find(entry_id)
        if entry is None:
            # What is promised is the plan of now, and after the promise it stays as it is.
            if not await self._planner.plan(request):
                return False
            entry = await self._entry(request, entry_id)
        try:
            await self._ledger.record(entry)
        except LedgerUnavailable:
            await self._desk.wait(request, Waiting(problems=[LEDGER_DOWN]))
            return False
        async with self._database.transaction() as session:
            await plan_store.set_round(
                session, request.id, request.round, ledger_id=entry.id, plan_hash=entry.plan_hash
            )
        return True

    async def _entry(self, request: Request, entry_id: uuid.UUID) -> LedgerEntry:
        identifiers = await self._known(request)
        return LedgerEntry(
            id=entry_id,
            request_id=request.id,
            contact_id=request.contact_id,
            round=request.round,
            plan_hash=combined_hash(await self._plans(request)),
            key_id=self._hasher.current,
            identifier_hashes=self._keyed(identifiers),
            recorded_at=self._desk.clock.now(),
            suppressions=tuple(self._hasher.kept_out(address) for address in _decisive(identifiers)),
        )

    async def _known(self, request: Request) -> Identifiers:
        identifiers = await self._desk.remembered(request)
        assert identifiers is not None
        return identifiers

    def _keyed(self, identifiers: Identifiers) -> tuple[bytes, ...]:
        emails = (self._hasher.ledger("email", normalise(EMAIL, e)) for e in identifiers.emails)
        phones = (self._hasher.ledger("phone", normalise(PHONE, p)) for p in identifiers.phones)
        return (*emails, *phones)

    async def _carry_out(self, request: Request) -> bool:
        waiting = Waiting()
        clients = {h.name: h for h in self._desk.holders}
        missing = {p.holder: p for p in await self._plans(request) if p.receipt is None}
        contacts = missing.pop(self._desk.holders[0].name, None)
        if contacts is not None:
            async with waiting.unless_down(clients[contacts.holder]):
                await self._execute_at(clients[contacts.holder], request, contacts, waiting)
        if IDENTIFIERS_CHANGED in waiting.reasons.values():
            # Since the promise somebody has changed what it was made about; nothing is erased yet.
            await self._open_next_round(request, "identifiers-changed")
            return False
        if waiting:
            # Only when the addresses cannot change any more do the others erase by them.
            waiting.holders += missing
        else:
            others = [clients[name] for name in missing]
            await waiting.ask_all(others, lambda h: self._execute_at(h, request, missing[h.name], waiting))
        await self._desk.wait(request, waiting)
        return not waiting

    async def _execute_at(
        self, holder: HolderClient, request: Request, planned: Planned, waiting: Waiting
    ) -> None:
        receipt = await holder.execute(
            holder_pb2.ExecuteRequest(
                request_id=str(derived_id(request.id, f"execute-{request.round}-{holder.name}")),
                plan_id=planned.plan.plan_id,
                plan_hash=planned.plan.plan_hash,
            )
        )
        problem = receipt_problem(planned, receipt, self._holder_keys)
        if problem:
            waiting.refuse(holder, problem)
            return
        async with self._database.transaction() as session:
            await plan_store.add_receipt(session, request.id, request.round, receipt)

    async def _suppress(self, request: Request, identifiers: Identifiers) -> None:
        if (await self._round(request)).suppressed_at is not None:
            return
        async with self._database.transaction() as session:
            for address in _decisive(identifiers):
                await self._suppression.add(session, address, reason="erasure")
            await plan_store.set_round(
                session, request.id, request.round, suppressed_at=self._desk.clock.now()
            )

    async def _probe(self, request: Request, identifiers: Identifiers) -> dict[str, Any] | None:
        waiting = Waiting()
        asked = holder_pb2.ProbeRequest(subject_id=str(request.contact_id), identifiers=on_wire(identifiers))

        async def found_at(holder: HolderClient) -> tuple[str, dict[str, Any]]:
            answer = await holder.probe(asked)
            if problem := probe_problem(answer):
                raise AnswerRefused(f"The probe says nothing: {problem}.", reason=PROBE_REFUSED)
            return holder.name, _as_json(answer)

        answers = dict(await waiting.ask_all(self._desk.holders, found_at))
        if waiting:
            await self._desk.wait(request, waiting)
            return None
        async with self._database.transaction() as session:
            await plan_store.set_round(
                session, request.id, request.round, probe=answers, probed_at=self._desk.clock.now()
            )
        return answers

    async def _open_next_round(self, request: Request, reason: str) -> None:
        """Plans and erases anew; each round has its own promise and receipts.

        A round that nobody has executed leaves its promise in the ledger and its plans to the next one.
        """
        number, now = request.round + 1, self._desk.clock.now()
        untouched = all(p.receipt is None for p in await self._plans(request))
        async with self._database.transaction() as session:
            await plan_store.add_round(session, request.id, number)
            if untouched:
                await plan_store.take_plans_along(session, request.id, to=number)
            await store.move(
                session,
                request.id,
                Transition(State.EXECUTING, now, SYSTEM, reason),
                round=number,
                retry_at=next_try(number, now),
            )

    async def _complete(self, request: Request, identifiers: Identifiers) -> None:
        now = self._desk.clock.now()
        async with self._database.reading() as session:
            rounds = await plan_store.rounds(session, request.id)
            plans = (await plan_store.plans(session, [request.id]))[request.id]
            steps = (await store.transitions(session, [request.id]))[request.id]
        executed = {p.number for p in plans}
        promises = [r.ledger_id for r in rounds if r.ledger_id and r.number in executed]
        entries = [await self._ledger.find(each) for each in promises]
        proof = Proof(request, steps, rounds, plans, [e for e in entries if e], now)
        certificate = self._certifier.certify(proof)
        # By itself: the signed file is the proof, and is handed out even if the readable document fails.
        async with self._database.transaction() as session:
            await store.change(session, request.id, waiting_for=[])
            await store.add_document(session, request, format=_JSON, content=certificate.statement, at=now)
        pdf = await certificate.as_pdf()
        async with self._database.transaction() as session:
            await store.add_document(session, request, format=_PDF, content=pdf, at=now)
            kept = kept_until((p for p in plans if p.number == request.round), now)
            await self._end(session, request, identifiers, kept=kept)
            # Complete is what was erased here; who got the data has to hear of it, and of whom (Art. 19 GDPR).
            services = erased_by(plans)
            if not await to_be_told(session, request.id, self._recipients, services=services):
                await plan_store.forget_identifiers(session, request.id)

    async def _end(
        self, session: WriteSession, request: Request, identifiers: Identifiers, *, kept: date | None
    ) -> None:
        """The last step, with all that follows from it."""
        now = self._desk.clock.now()
        end = State.COMPLETED if kept is None else State.PARTIALLY_FULFILLED
        if kept is None:
            await complete(session, request, SYSTEM, "erased", at=now)
        else:
            # The certificate says what is kept; it is made anew when that is gone as well.
            step = Transition(end, now, SYSTEM, "kept-by-law")
            await store.move(session, request.id, step, kept_until=kept, **store.MOVING)
        await self._farewells.plan_farewell(session, request, identifiers, end=end)

    async def _round(self, request: Request) -> Round:
        async with self._database.reading() as session:
            rounds = await plan_store.rounds(session, request.id)
        return next(r for r in rounds if r.number == request.round)

    async def _plans(self, request: Request) -> list[Planned]:
        async with self._database.reading() as session:
            plans = (await plan_store.plans(session, [request.id]))[request.id]
        return [p for p in plans if p.number == request.round]


def _decisive(identifiers: Identifiers) -> list[Address]:
    """What imports and forms ask about somebody: the addresses, and the numbers only where there is none.

    A household shares its telephone, so a number must not refuse everybody who has it.
    """
    emails = [Address(EMAIL, email) for email in identifiers.emails]
    return emails or [Address(PHONE, phone) for phone in identifiers.phones]


def _as_json(answer: holder_pb2.ProbeResponse) -> dict[str, Any]:
    content = json_format.MessageToDict(
        answer, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
    )
    return {"columns_scanned": content["columns_scanned"], "findings": content["findings"]}
