"""Use cases of restrictions: impose, carry out at every holder, announce the end, lift."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import date, datetime

from kontor.options.v1 import options_pb2
from kontor.privacy.v1 import holder_pb2

from kernel import telemetry
from kernel.clock import Clock, to_timestamp
from kernel.db import AnySession, Database, WriteSession
from kernel.errors import DomainError
from kernel.ids import derived_id, new_id
from kernel.outbox import emit
from kernel.rpc.call import note_subjects
from kernel.signing import is_signed, signed_content
from services.privacy import events
from services.privacy.clients import HolderClient
from services.privacy.restrictions import store
from services.privacy.restrictions.model import (
    GROUNDS,
    LIFT_REASONS,
    DayNotAhead,
    Delays,
    GroundMissing,
    LiftReasonUnknown,
    NotAnnounced,
    NotInForce,
    Order,
    Restricted,
    Restriction,
    RestrictionNotFound,
    State,
    TooEarly,
)

log = telemetry.get_logger(__name__)


class RestrictionService:
    """Restricts at every holder, and calls nothing done before each of them has signed."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        holders: Sequence[HolderClient],
        holder_keys: Mapping[str, str],
    ) -> None:
        self._database = database
        self._clock = clock
        self._holders = tuple(holders)
        self._holder_keys = holder_keys

    async def impose(
        self, session: WriteSession, contact_id: uuid.UUID, *, ground: int, request_id: uuid.UUID
    ) -> None:
        """Orders a restriction in the transaction of the request; permits obey it from its commit on.

        Errors: GroundMissing.
        """
        if ground not in GROUNDS:
            raise GroundMissing
        now = self._clock.now()
        await store.alone(session)
        await store.add(session, Restriction(new_id(), contact_id, request_id, ground, State.ORDERED, now))
        await store.order(session, contact_id, at=now)

    async def list_restrictions(self, contact_id: uuid.UUID, *, all_of_them: bool) -> list[Restriction]:
        """A contact's restrictions, newest first."""
        note_subjects([contact_id])
        async with self._database.reading() as session:
            return await store.of_contact(session, contact_id, all_of_them=all_of_them)

    async def list_restricted_contacts(
        self, *, after: tuple[datetime, uuid.UUID] | None, limit: int
    ) -> tuple[list[Restricted], int]:
        """Who is restricted now, the latest first, and how many in all. One more than `limit` if there are more."""
        async with self._database.reading() as session:
            found = await store.listed(session, after=after, limit=limit + 1)
            total = await store.count(session)
        note_subjects(each.contact_id for each in found[:limit])
        return found, total

    async def announce_lifting(self, restriction_id: uuid.UUID, *, lift_on: str, reason: str) -> Restriction:
        """Tells the subject when and why the restriction ends; announced anew, the later word counts.

        Errors: RestrictionNotFound, NotInForce, DayNotAhead, LiftReasonUnknown.
        """
        if reason not in LIFT_REASONS:
            raise LiftReasonUnknown
        now = self._clock.now()
        day = _day(lift_on)
        if day is None or day <= now.date():
            raise DayNotAhead
        async with self._database.transaction() as session:
            found = await self._found(session, restriction_id)
            if found.state not in (State.IN_FORCE, State.ANNOUNCED):
                raise NotInForce
            told = {"announced_at": now, "lift_on": day, "lift_reason": reason}
            await store.change(session, found.id, state=State.ANNOUNCED, **told)
            # The one place where the subject is told: the portal shows it from now on, and who sends
            # notices follows this fact.
            await emit(
                session,
                events.restriction_lifting_announced(restriction_id=found.id, contact_id=found.contact_id),
            )
            return await self._found(session, restriction_id)

    async def lift_restriction(self, restriction_id: uuid.UUID) -> Restriction:
        """Orders the end at every holder. Errors: RestrictionNotFound, NotAnnounced, TooEarly."""
        now = self._clock.now()
        async with self._database.transaction() as session:
            await store.alone(session)
            found = await self._found(session, restriction_id)
            if found.state >= State.LIFTING:
                return found
            if found.state is not State.ANNOUNCED or found.lift_on is None:
                raise NotAnnounced
            if now.date() < found.lift_on:
                raise TooEarly(found.lift_on)
            await store.change(session, found.id, state=State.LIFTING)
            await store.order(session, found.contact_id, at=now)
            return await self._found(session, restriction_id)

    async def restricted(self, session: AnySession, contact_ids: Sequence[uuid.UUID]) -> frozenset[uuid.UUID]:
        """Which of these contacts are restricted; for permits."""
        return await store.restricted(session, contact_ids)

    async def everybody(self, session: AnySession) -> frozenset[uuid.UUID]:
        """Every restricted contact: nothing of theirs is deleted meanwhile (Art. 18(2) GDPR)."""
        return await store.everybody(session)

    async def work(self) -> None:
        """Carries out every open order; a timed job."""
        async with self._database.reading() as session:
            contacts = dict.fromkeys(order.contact_id for order in await store.open_orders(session))
        for contact_id in contacts:
            await self.carry_out(contact_id)

    async def carry_out(self, contact_id: uuid.UUID) -> Delays:
        """Drives a contact's open orders as far as it goes now; a holder that is down only delays."""
        delays = Delays()
        async with self._database.reading() as session:
            orders = await store.open_orders(session, contact_id)
        for order in orders:
            for holder in self._holders:
                await self._obey(holder, order, delays)
            if delays:
                break
            await self._settle(order)
        return delays

    async def _obey(self, holder: HolderClient, order: Order, delays: Delays) -> None:
        async with self._database.reading() as session:
            if holder.name in await store.signed_by(session, order.number):
                return
        try:
            receipt = await holder.restrict(_request(order, holder))
        except DomainError as error:
            log.warning("holder does not answer", holder=holder.name, reason=error.reason)
            delays.down[holder.name] = error.reason
            return
        problem = self._problem(holder, order, receipt)
        if problem:
            log.error("receipt refused", holder=holder.name, reason=problem)
            delays.refused[holder.name] = problem
            return
        async with self._database.transaction() as session:
            await store.add_receipt(session, order.number, receipt)

    def _problem(self, holder: HolderClient, order: Order, receipt: holder_pb2.RestrictReceipt) -> str:
        """Why a receipt proves nothing; empty if it proves what was ordered."""
        key = self._holder_keys.get(holder.name)
        if key is None:
            return f"receipt-key-missing:{holder.name}"
        if not is_signed(signed_content(receipt), receipt.signature, key):
            return f"receipt-signature:{holder.name}"
        if (receipt.holder, receipt.subject_id) != (holder.name, str(order.contact_id)):
            return f"receipt-of-another-order:{holder.name}"
        newer = receipt.number > order.number
        obeyed = receipt.number == order.number and tuple(receipt.grounds) == order.grounds
        return "" if newer or obeyed else f"receipt-of-another-order:{holder.name}"

    async def _settle(self, order: Order) -> None:
        """Every holder has signed: what was ordered is in force, what ends has ended."""
        now = self._clock.now()
        async with self._database.transaction() as session:
            await store.alone(session)
            if not await store.complete(session, order.number, at=now):
                return
            for each in await store.of_contact(session, order.contact_id):
                told = {"restriction_id": each.id, "contact_id": each.contact_id}
                if each.state is State.ORDERED and each.ground in order.grounds:
                    await store.change(session, each.id, state=State.IN_FORCE, in_force_at=now)
                    await emit(session, events.restriction_imposed(**told, ground=each.ground))
                elif each.state is State.LIFTING:
                    await store.change(session, each.id, state=State.LIFTED, lifted_at=now)
                    await emit(session, events.restriction_lifted(**told))

    async def _found(self, session: WriteSession, restriction_id: uuid.UUID) -> Restriction:
        found = await store.find(session, restriction_id, lock=True)
        if found is None:
            raise RestrictionNotFound
        note_subjects([found.contact_id])
        return found


def _request(order: Order, holder: HolderClient) -> holder_pb2.RestrictRequest:
    return holder_pb2.RestrictRequest(
        request_id=str(derived_id(order.contact_id, f"restrict-{order.number}-{holder.name}")),
        subject_id=str(order.contact_id),
        grounds=[options_pb2.RestrictionGround.ValueType(ground) for ground in order.grounds],
        since=to_timestamp(order.since),
        number=order.number,
    )


def _day(iso: str) -> date | None:
    try:
        return date.fromisoformat(iso)
    except ValueError:
        return None
