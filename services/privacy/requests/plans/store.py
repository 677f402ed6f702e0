"""All SQL of what an erasure plans and has done: rounds, the holders' plans and receipts, whom to look for."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from kontor.privacy.v1 import holder_pb2
from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert

from kernel.db import AnySession, WriteSession
from services.privacy.requests.model import Round
from services.privacy.requests.receipts import Planned
from services.privacy.requests.tables import RequestIdentifiers, RequestPlan, RequestRound


async def keep_identifiers(session: WriteSession, request_id: uuid.UUID, sealed: bytes) -> None:
    """Remembers the sealed identifiers in the place of earlier ones."""
    statement = insert(RequestIdentifiers).values(request_id=request_id, sealed=sealed)
    fresh = {"sealed": statement.excluded.sealed}
    await session.execute(statement.on_conflict_do_update(index_elements=["request_id"], set_=fresh))


async def identifiers(session: AnySession, request_id: uuid.UUID) -> bytes | None:
    """The sealed identifiers, while the erasure runs."""
    statement = select(RequestIdentifiers.sealed).where(RequestIdentifiers.request_id == request_id)
    return (await session.execute(statement)).scalar_one_or_none()


async def forget_identifiers(session: WriteSession, request_id: uuid.UUID) -> None:
    """Nobody looks for them any more: the erasure is complete, refused or withdrawn."""
    await session.execute(delete(RequestIdentifiers).where(RequestIdentifiers.request_id == request_id))


async def add_round(session: WriteSession, request_id: uuid.UUID, number: int) -> None:
    """Opens a round; twice is once."""
    statement = insert(RequestRound).values(request_id=request_id, number=number)
    await session.execute(statement.on_conflict_do_nothing())


async def set_round(session: WriteSession, request_id: uuid.UUID, number: int, **values: Any) -> None:
    """Notes how far a round has come."""
    statement = update(RequestRound).where(
        RequestRound.request_id == request_id, RequestRound.number == number
    )
    await session.execute(statement.values(**values))


async def rounds(session: AnySession, request_id: uuid.UUID) -> list[Round]:
    """All rounds in order."""
    statement = (
        select(RequestRound).where(RequestRound.request_id == request_id).order_by(RequestRound.number)
    )
    return [
        Round(r.number, r.plan_hash, r.ledger_id, r.suppressed_at, r.probed_at, r.probe)
        for r in (await session.execute(statement)).scalars()
    ]


async def put_plan(
    session: WriteSession, request_id: uuid.UUID, number: int, plan: holder_pb2.PlanResponse
) -> None:
    """Keeps a holder's plan in the place of an earlier one of the same round."""
    statement = insert(RequestPlan).values(
        request_id=request_id, number=number, holder=plan.holder, plan=plan.SerializeToString()
    )
    fresh = {"plan": statement.excluded.plan}
    key = ["request_id", "number", "holder"]
    await session.execute(statement.on_conflict_do_update(index_elements=key, set_=fresh))


async def take_plans_along(session: WriteSession, request_id: uuid.UUID, *, to: int) -> None:
    """Moves the plans of a round that nobody has executed to the next one, to be compared with and replaced."""
    statement = update(RequestPlan).where(RequestPlan.request_id == request_id, RequestPlan.number == to - 1)
    await session.execute(statement.values(number=to))


async def add_receipt(
    session: WriteSession, request_id: uuid.UUID, number: int, receipt: holder_pb2.Receipt
) -> None:
    """Keeps a holder's receipt as it was signed."""
    statement = update(RequestPlan).where(
        RequestPlan.request_id == request_id,
        RequestPlan.number == number,
        RequestPlan.holder == receipt.holder,
    )
    await session.execute(statement.values(receipt=receipt.SerializeToString()))


async def plans(session: AnySession, request_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[Planned]]:
    """All plans with their receipts, by round and holder."""
    statement = (
        select(RequestPlan)
        .where(RequestPlan.request_id.in_(request_ids))
        .order_by(RequestPlan.number, RequestPlan.holder)
    )
    found: dict[uuid.UUID, list[Planned]] = {each: [] for each in request_ids}
    for row in (await session.execute(statement)).scalars():
        plan = holder_pb2.PlanResponse.FromString(row.plan)
        receipt = holder_pb2.Receipt.FromString(row.receipt) if row.receipt else None
        found[row.request_id].append(Planned(row.number, row.holder, plan, receipt))
    return found
