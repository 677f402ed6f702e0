"""Plan and Execute: what would happen to each item, and exactly that, once, with a signed receipt."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import AsyncIterator
from datetime import datetime

from google.protobuf import json_format
from kontor.privacy.v1 import holder_pb2
from sqlalchemy import (
    ARRAY,
    MetaData,
    Table,
    Text,
    and_,
    case,
    delete,
    func,
    insert,
    literal,
    null,
    or_,
    select,
    update,
)

from kernel.clock import to_timestamp
from kernel.db import AnySession, WriteSession
from kernel.errors import FailedPrecondition, NotFound
from kernel.holder.mentions import count_mentions, take_out
from kernel.holder.searching import may_hold
from kernel.holder.subject import Holder, Subject, has_subjects, rows_of
from kernel.holder.treatment import Treatment, treatment_of, until_stamp
from kernel.ids import new_id
from kernel.personal import Erase, dataset_of, datasets
from kernel.signing import signed_content


async def make_plan(
    session: WriteSession, holder: Holder, subject: Subject, request_id: uuid.UUID
) -> holder_pb2.PlanResponse:
    """Counts the subject's rows per table and keeps the plan. Asked again before execution, it is made anew.

    Errors: FailedPrecondition if the plan of this request was executed already; what the service's own hook raises.
    """
    if holder.hooks.planning is not None:
        await holder.hooks.planning(session, subject)
    items = [item async for item in _items(session, holder.metadata, subject, holder.clock.now())]
    plan_hash = hash_of(items)
    plans = holder.metadata.tables["erasure_plan"]
    known = (await session.execute(select(plans).where(plans.c.request_id == request_id))).mappings().first()
    if known is not None and known["executed_at"] is not None:
        raise FailedPrecondition("The plan of this request was executed.", reason="PLAN_EXECUTED")
    values = {
        "subject_id": subject.id,
        "identifiers": subject.to_json(),
        "items": [json_format.MessageToDict(item) for item in items],
        "plan_hash": plan_hash,
    }
    if known is not None:
        plan_id = known["id"]
        fresh = {**values, "created_at": func.now()}
        await session.execute(update(plans).where(plans.c.id == plan_id).values(fresh))
    else:
        plan_id = new_id()
        await session.execute(insert(plans).values(id=plan_id, request_id=request_id, **values))
    return holder_pb2.PlanResponse(plan_id=str(plan_id), holder=holder.name, items=items, plan_hash=plan_hash)


async def execute_plan(
    session: WriteSession, holder: Holder, plan_id: uuid.UUID, plan_hash: bytes
) -> tuple[holder_pb2.Receipt, uuid.UUID]:
    """Does what the plan says, once, and keeps the receipt; answers it with the subject's id.

    Rows that came after the plan are treated like those it counted: erasure leaves nothing behind.
    Errors: NotFound; FailedPrecondition if the hash is not the plan's; what the service's own hooks raise.
    """
    plans = holder.metadata.tables["erasure_plan"]
    found = await session.execute(select(plans).where(plans.c.id == plan_id).with_for_update())
    plan = found.mappings().first()
    if plan is None:
        raise NotFound("There is no such plan.", reason="PLAN_NOT_FOUND")
    if plan["plan_hash"] != plan_hash:
        raise FailedPrecondition("The plan has changed since it was shown.", reason="PLAN_CHANGED")
    if plan["receipt"] is not None:
        return holder_pb2.Receipt.FromString(plan["receipt"]), plan["subject_id"]
    subject = Subject.from_json(plan["subject_id"], plan["identifiers"])
    if holder.hooks.before is not None:
        await holder.hooks.before(session, subject)
    now = holder.clock.now()
    receipt = holder_pb2.Receipt(
        holder=holder.name, plan_id=str(plan_id), plan_hash=plan_hash, execute_time=to_timestamp(now)
    )
    for table in reversed(holder.metadata.sorted_tables):
        # Mentions first: which rows are the subject's own may be seen in rows that go next.
        await _take_out_mentions(session, table, subject, receipt)
    for table in reversed(holder.metadata.sorted_tables):
        if table.name != "erasure_plan" and has_subjects(table):
            await _treat(session, table, subject, receipt, now)
    receipt.signature = holder.signer.sign(signed_content(receipt))
    await session.execute(
        update(plans)
        .where(plans.c.id == plan_id)
        .values(receipt=receipt.SerializeToString(), executed_at=now)
    )
    await _forget_identifiers(session, plans, subject)
    if holder.hooks.after is not None:
        await holder.hooks.after(session, subject.id)
    return receipt, subject.id


async def _forget_identifiers(session: WriteSession, plans: Table, subject: Subject) -> None:
    # Plans that nobody executed know the addresses as well: those that a later one replaced, and those of
    # somebody else who had an address before. Whoever goes on with one has it made anew first.
    told = plans.c.identifiers["emails"].has_any(literal(list(subject.emails), ARRAY(Text)))
    by_address = and_(may_hold(plans, subject.mail_addresses), told)
    knowing = or_(plans.c.subject_id == subject.id, by_address)
    await session.execute(update(plans).where(knowing).values(identifiers=null()))


async def _treat(
    session: WriteSession, table: Table, subject: Subject, receipt: holder_pb2.Receipt, now: datetime
) -> None:
    treatment = treatment_of(table)
    if treatment.action is Erase.KEEP_RESTRICTED:
        # Counted before anything changes: what goes is not there any more to be counted.
        receipt.done.extend(await _kept_items(session, treatment, subject, now))
        # From a table that only grows the database lets nobody delete, not even nothing.
        gone = holder_pb2.ACTION_DELETE_ROW
        if any(item.action == gone for item in receipt.done if item.dataset == table.name):
            await session.execute(delete(table).where(rows_of(table, subject), treatment.over(now)))
    statement = treatment.statement(subject)
    if statement is None:
        return
    rows = (await session.execute(statement)).rowcount  # type: ignore[attr-defined]
    if rows and treatment.action is not Erase.KEEP_RESTRICTED:
        receipt.done.add(dataset=table.name, action=treatment.action.value, rows=rows)


async def _take_out_mentions(
    session: WriteSession, table: Table, subject: Subject, receipt: holder_pb2.Receipt
) -> None:
    statement = take_out(table, subject)
    if statement is None:
        return
    rows = (await session.execute(statement)).rowcount  # type: ignore[attr-defined]
    if rows:
        receipt.done.add(dataset=table.name, action=holder_pb2.ACTION_PSEUDONYMISE, rows=rows)


async def _items(
    session: AnySession, metadata: MetaData, subject: Subject, now: datetime
) -> AsyncIterator[holder_pb2.PlanItem]:
    for table, _ in datasets(metadata):
        mentions = await count_mentions(session, table, subject)
        if mentions:
            yield holder_pb2.PlanItem(
                dataset=table.name, action=holder_pb2.ACTION_PSEUDONYMISE, rows=mentions
            )
        if table.name == "erasure_plan" or not has_subjects(table):
            continue
        treatment = treatment_of(table)
        if treatment.action is Erase.KEEP_RESTRICTED:
            for item in await _kept_items(session, treatment, subject, now):
                yield item
            continue
        rows = await _count(session, table, subject)
        if rows:
            yield holder_pb2.PlanItem(dataset=table.name, action=treatment.action.value, rows=rows)


async def _kept_items(
    session: AnySession, treatment: Treatment, subject: Subject, now: datetime
) -> list[holder_pb2.PlanItem]:
    """An item for each last day of rows that the law keeps, and one for those that it keeps no longer."""
    table, over = treatment.table, treatment.over(now)
    day = case((over, null()), else_=treatment.last_day(now)).label("day")
    counted = (
        select(day, func.count()).where(rows_of(table, subject)).group_by(day).order_by(day.nulls_first())
    )
    items = []
    for last, rows in await session.execute(counted):
        if last is None:
            gone = holder_pb2.ACTION_DELETE_ROW
            items.append(holder_pb2.PlanItem(dataset=table.name, action=gone, rows=rows))
            continue
        item = holder_pb2.PlanItem(
            dataset=table.name,
            action=treatment.action.value,
            rows=rows,
            law=treatment.law,
            keep_until=until_stamp(last),
            evidence=dataset_of(table).evidence,
        )
        items.append(item)
    return items


async def _count(session: AnySession, table: Table, subject: Subject) -> int:
    counted = await session.execute(select(func.count()).select_from(table).where(rows_of(table, subject)))
    return int(counted.scalar_one())


def hash_of(items: list[holder_pb2.PlanItem]) -> bytes:
    """SHA-256 over the items as canonical JSON (sorted keys, no spaces)."""
    canonical = json.dumps(
        [json_format.MessageToDict(item) for item in items], sort_keys=True, separators=(",", ":")
    )
    return hashlib.sha256(canonical.encode()).digest()
