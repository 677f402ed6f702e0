"""All SQL of mails on their way. The first half works on every table with the columns of `HandedOver`."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ARRAY,
    Row,
    Table,
    Text,
    Update,
    Uuid,
    bindparam,
    case,
    column,
    func,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from kernel.db import AnySession, WriteSession
from services.campaigns.sender.model import RETRY_AFTER_S, Counts, Outcomes, State, Verdict, Which
from services.campaigns.sender.tables import Message

_NOTHING_CLAIMED: dict[str, Any] = {"claim_id": None, "claimed_until": None}
# What was not tried at all may be tried again at once, but not in a hot loop.
_UNTOUCHED_WAIT_S = 1.0
_MESSAGES: Table = Message.__table__  # type: ignore[assignment]


async def planned(session: AnySession, table: Table, *conditions: Any, limit: int) -> Sequence[Row[Any]]:
    """Rows that may be claimed now, oldest first."""
    due = or_(table.c.not_before.is_(None), table.c.not_before <= func.now())
    query = select(table).where(table.c.state == State.PLANNED, due, *conditions)
    return (await session.execute(query.order_by(table.c.id).limit(limit))).all()


async def claim(
    session: WriteSession,
    table: Table,
    ids: Sequence[uuid.UUID],
    *conditions: Any,
    claim_id: uuid.UUID,
    seconds: float,
) -> set[uuid.UUID]:
    """Takes those of the rows that are still planned; they are this claim's alone for `seconds`."""
    claimed = await session.execute(
        update(table)
        .where(table.c.id.in_(_array(ids)), table.c.state == State.PLANNED, *conditions)
        .values(
            state=State.SENDING,
            claim_id=claim_id,
            claimed_until=_in_seconds(seconds),
            attempts=table.c.attempts + 1,
        )
        .returning(table.c.id)
    )
    return set(claimed.scalars())


async def settle(
    session: WriteSession, table: Table, outcomes: Outcomes, *, claim_id: uuid.UUID
) -> set[uuid.UUID]:
    """Writes down what the relay said; answers the rows that are sent now.

    Only rows that still belong to the claim: what was reconciled meanwhile stays as it is.
    Unknown outcomes are left for reconciling.
    """
    groups: dict[tuple[Verdict, int], list[uuid.UUID]] = defaultdict(list)
    for mail_id, outcome in outcomes.items():
        groups[outcome.verdict, 0 if outcome.verdict is Verdict.ACCEPTED else outcome.code].append(mail_id)
    sent: set[uuid.UUID] = set()
    for (verdict, code), ids in groups.items():
        changes = _changes(table, verdict, code)
        if changes is None:
            continue
        mine = _sending(table, ids).where(table.c.claim_id == claim_id)
        done = await session.execute(mine.values(**changes, **_NOTHING_CLAIMED).returning(table.c.id))
        if verdict is Verdict.ACCEPTED:
            sent.update(done.scalars())
    return sent


def _changes(table: Table, verdict: Verdict, code: int) -> dict[str, Any] | None:
    if verdict is Verdict.ACCEPTED:
        return {"state": State.SENT, "sent_at": func.now(), "reason": ""}
    if verdict is Verdict.REFUSED:
        return {"state": State.REFUSED, "reason": str(code)}
    if verdict is Verdict.DEFERRED:
        tried_out = table.c.attempts > len(RETRY_AFTER_S)
        waits = case(
            *((table.c.attempts == n, literal(s)) for n, s in enumerate(RETRY_AFTER_S, 1)), else_=0.0
        )
        return {
            "state": case((tried_out, State.REFUSED.value), else_=State.PLANNED.value),
            "reason": str(code),
            "not_before": _in_seconds(waits),
        }
    if verdict is Verdict.UNTOUCHED:
        return {
            "state": State.PLANNED,
            "attempts": table.c.attempts - 1,
            "not_before": _in_seconds(_UNTOUCHED_WAIT_S),
        }
    return None


@dataclass(frozen=True, slots=True)
class Stale:
    """A row whose claim is void while nobody wrote down how it ended."""

    id: uuid.UUID
    claim_id: uuid.UUID


async def stale(session: AnySession, table: Table, *, settle_s: float, limit: int) -> list[Stale]:
    """Rows that were being sent when their sender went away."""
    void = table.c.claimed_until < _in_seconds(-settle_s)
    query = select(table.c.id, table.c.claim_id).where(table.c.state == State.SENDING, void)
    found = await session.execute(query.order_by(table.c.claimed_until).limit(limit))
    return [Stale(row.id, row.claim_id) for row in found]


async def resolve(
    session: WriteSession, table: Table, rows: Iterable[Stale], *, state: State
) -> set[uuid.UUID]:
    """Ends the doubt about rows, if it is still the same doubt; answers those that were changed."""
    rows = list(rows)
    if not rows:
        return set()
    same = _sending(table, [row.id for row in rows]).where(
        table.c.claim_id.in_(_array({row.claim_id for row in rows}))
    )
    sent_at = {"sent_at": func.now()} if state is State.SENT else {}
    done = await session.execute(
        same.values(state=state, **sent_at, **_NOTHING_CLAIMED).returning(table.c.id)
    )
    return set(done.scalars())


async def close(
    session: WriteSession, table: Table, reasons: Mapping[uuid.UUID, str], *, state: State
) -> None:
    """Planned rows that will not be sent, with the reason of each."""
    if not reasons:
        return
    given = (
        func.unnest(
            bindparam("ids", list(reasons.keys()), type_=ARRAY(Uuid)),
            bindparam("reasons", list(reasons.values()), type_=ARRAY(Text)),
        )
        .table_valued(column("id", Uuid), column("reason", Text))
        .render_derived()
    )
    await session.execute(
        update(table)
        .where(table.c.id == given.c.id, table.c.state == State.PLANNED)
        .values(state=state, reason=given.c.reason)
    )


def _sending(table: Table, ids: Sequence[uuid.UUID]) -> Update:
    return update(table).where(table.c.id.in_(_array(ids)), table.c.state == State.SENDING)


def _array(ids: Iterable[uuid.UUID]) -> Any:
    # One array parameter instead of hundreds: the statement stays the same, and prepared.
    return select(func.unnest(bindparam(None, list(ids), type_=ARRAY(Uuid))))


def _in_seconds(seconds: Any) -> Any:
    # The clock of the wall, not of the transaction: a claim must not begin before it was asked for.
    return func.clock_timestamp() + func.make_interval(0, 0, 0, 0, 0, 0, seconds)


# --- messages of campaigns ---------------------------------------------------------------------


async def plan(
    session: WriteSession, campaign_id: uuid.UUID, messages: Mapping[uuid.UUID, uuid.UUID]
) -> None:
    """Adds planned messages (contact → message id); who has one already keeps that one."""
    if not messages:
        return
    rows = [
        {"id": message_id, "campaign_id": campaign_id, "contact_id": contact_id, "state": State.PLANNED.value}
        for contact_id, message_id in messages.items()
    ]
    await session.execute(
        insert(_MESSAGES).on_conflict_do_nothing(index_elements=["campaign_id", "contact_id"]), rows
    )


async def keep_permits(session: WriteSession, permits: Mapping[uuid.UUID, uuid.UUID]) -> None:
    """Notes for each message the decision that lets it go."""
    given = (
        func.unnest(
            bindparam("ids", list(permits.keys()), type_=ARRAY(Uuid)),
            bindparam("permits", list(permits.values()), type_=ARRAY(Uuid)),
        )
        .table_valued(column("id", Uuid), column("permit_id", Uuid))
        .render_derived()
    )
    await session.execute(
        update(_MESSAGES).where(_MESSAGES.c.id == given.c.id).values(permit_id=given.c.permit_id)
    )


async def forget_contacts(session: WriteSession, message_ids: Sequence[uuid.UUID]) -> None:
    """Takes the contact off messages whose contact no longer exists."""
    await session.execute(
        update(_MESSAGES).where(_MESSAGES.c.id.in_(_array(message_ids))).values(contact_id=None)
    )


async def messages_of(session: AnySession, ids: Iterable[uuid.UUID]) -> Sequence[Row[Any]]:
    """Rows of messages."""
    return (await session.execute(select(_MESSAGES).where(_MESSAGES.c.id.in_(_array(ids))))).all()


async def page(
    session: AnySession,
    campaign_id: uuid.UUID,
    *,
    which: Which,
    after: uuid.UUID | None,
    limit: int,
) -> Sequence[Row[Any]]:
    """A page of a campaign's messages in the order of freezing."""
    query = select(_MESSAGES).where(_MESSAGES.c.campaign_id == campaign_id)
    if which.states:
        query = query.where(_MESSAGES.c.state.in_(which.states))
    if which.reason:
        query = query.where(_MESSAGES.c.reason == which.reason)
    if after is not None:
        query = query.where(_MESSAGES.c.id > after)
    return (await session.execute(query.order_by(_MESSAGES.c.id).limit(limit))).all()


async def permitted(session: AnySession, permit_id: uuid.UUID, *, contact_id: uuid.UUID) -> Row[Any] | None:
    """The message that a decision let go; found by its contact, of whom there are few."""
    query = select(_MESSAGES).where(_MESSAGES.c.contact_id == contact_id, _MESSAGES.c.permit_id == permit_id)
    return (await session.execute(query)).first()


async def counts(session: AnySession, campaign_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Counts]:
    """Messages by state and reason, of several campaigns at once."""
    query = (
        select(_MESSAGES.c.campaign_id, _MESSAGES.c.state, _MESSAGES.c.reason, func.count().label("number"))
        .where(_MESSAGES.c.campaign_id.in_(campaign_ids))
        .group_by(_MESSAGES.c.campaign_id, _MESSAGES.c.state, _MESSAGES.c.reason)
    )
    by_state: dict[uuid.UUID, dict[State, int]] = {one: defaultdict(int) for one in campaign_ids}
    by_reason: dict[uuid.UUID, dict[str, int]] = {one: defaultdict(int) for one in campaign_ids}
    for row in await session.execute(query):
        state = State(row.state)
        by_state[row.campaign_id][state] += row.number
        if row.reason and state in (State.DENIED, State.REFUSED):
            by_reason[row.campaign_id][row.reason] += row.number
    return {one: Counts(by_state[one], by_reason[one]) for one in campaign_ids}
