"""The DataHolder RPCs over the kernel's five answers."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from typing import Any

from kontor.privacy.v1 import holder_pb2, holder_pb2_grpc
from sqlalchemy import MetaData, Table, text

from kernel.clock import Clock, SystemClock, to_timestamp
from kernel.db import Database, WriteSession
from kernel.deletion import DeletionClass, Period
from kernel.holder.collecting import collect, describe
from kernel.holder.deleting import Overdue, agreed_time, count_overdue, delete_batch, run_table
from kernel.holder.executing import execute_plan, make_plan
from kernel.holder.probing import probe
from kernel.holder.restricting import restrict
from kernel.holder.subject import Holder, Hooks, Subject
from kernel.personal import dataset_of
from kernel.rpc.call import current_call, note_subjects
from kernel.signing import Signer

_BY_INDEX = text("SET LOCAL enable_seqscan = off")


class DataHolderRpc(holder_pb2_grpc.DataHolderServicer):
    """One service as a holder: its name, its tables, its signing key."""

    def __init__(
        self,
        *,
        holder: str,
        database: Database,
        metadata: MetaData,
        signer: Signer,
        clock: Clock | None = None,
        hooks: Hooks | None = None,
    ) -> None:
        self._database = database
        self._holder = Holder(holder, metadata, signer, clock or SystemClock(), hooks or Hooks())

    async def Describe(
        self, request: holder_pb2.DescribeRequest, context: Any
    ) -> holder_pb2.DescribeResponse:
        return describe(self._holder)

    async def Collect(
        self, request: holder_pb2.CollectRequest, context: Any
    ) -> AsyncIterator[holder_pb2.Record]:
        note_subjects([request.subject_id])
        subject = Subject.of(request.subject_id, request.identifiers)
        async with self._database.begin() as session:
            await _look_for_one(session)
            async for record in collect(session, self._holder, subject):
                yield record

    async def Plan(self, request: holder_pb2.PlanRequest, context: Any) -> holder_pb2.PlanResponse:
        note_subjects([request.subject_id])
        subject = Subject.of(request.subject_id, request.identifiers)
        async with self._database.transaction() as session:
            await _look_for_one(session)
            return await make_plan(session, self._holder, subject, uuid.UUID(request.request_id))

    async def Execute(self, request: holder_pb2.ExecuteRequest, context: Any) -> holder_pb2.Receipt:
        async with self._database.transaction() as session:
            await _look_for_one(session)
            receipt, subject_id = await execute_plan(
                session, self._holder, uuid.UUID(request.plan_id), request.plan_hash
            )
            note_subjects([subject_id])
        return receipt

    async def Restrict(self, request: holder_pb2.RestrictRequest, context: Any) -> holder_pb2.RestrictReceipt:
        note_subjects([request.subject_id])
        async with self._database.transaction() as session:
            return await restrict(session, self._holder, request)

    async def Probe(self, request: holder_pb2.ProbeRequest, context: Any) -> holder_pb2.ProbeResponse:
        note_subjects([request.subject_id])
        subject = Subject.of(request.subject_id, request.identifiers)
        async with self._database.begin() as session:
            await _look_for_one(session)
            return await probe(session, self._holder, subject)

    async def ListOverdue(
        self, request: holder_pb2.ListOverdueRequest, context: Any
    ) -> holder_pb2.ListOverdueResponse:
        now = agreed_time(self._holder.clock, request.as_of)
        exempt = [uuid.UUID(each) for each in request.exempt_contact_ids]
        answer = holder_pb2.ListOverdueResponse(holder=self._holder.name)
        for table in reversed(self._holder.metadata.sorted_tables):
            # A transaction for each: one look at a big table must not hold back the vacuum of all others.
            async with self._database.begin() as session:
                await _take_all_time(session)
                run = dataset_of(table).deletion_class.is_run
                found = await count_overdue(session, table, now, exempt) if run else None
            answer.datasets.append(_overdue_dataset(table, found))
        return answer

    async def DeleteOverdue(
        self, request: holder_pb2.DeleteOverdueRequest, context: Any
    ) -> holder_pb2.DeleteOverdueResponse:
        table = run_table(self._holder, request.dataset)
        now = agreed_time(self._holder.clock, request.as_of)
        exempt = [uuid.UUID(each) for each in request.exempt_contact_ids]
        async with self._database.transaction() as session:
            await _take_all_time(session)
            batch, keys = await delete_batch(session, table, now, exempt=exempt, limit=request.limit)
            if self._holder.hooks.deleted is not None and keys:
                await self._holder.hooks.deleted(session, table.name, keys)
        return holder_pb2.DeleteOverdueResponse(
            rows=batch.rows,
            oldest_time=to_timestamp(batch.oldest),
            newest_time=to_timestamp(batch.newest),
            more=batch.more,
        )


def _overdue_dataset(table: Table, found: Overdue | None) -> holder_pb2.OverdueDataset:
    declared = dataset_of(table).deletion_class
    entry = holder_pb2.OverdueDataset(
        name=table.name, deletion_class=declared.words, run=declared.is_run, done_by=declared.done_by
    )
    cases = declared.cases or (("", declared),)
    entry.rules.extend(_rule(name, rule, rule.period) for name, rule in cases if rule.period is not None)
    if found is not None:
        entry.rows, entry.exempt_rows, entry.total_rows = found.rows, found.exempt, found.total
        entry.oldest_time.CopyFrom(to_timestamp(found.oldest) or entry.oldest_time)
        entry.newest_time.CopyFrom(to_timestamp(found.newest) or entry.newest_time)
    return entry


def _rule(name: str, rule: DeletionClass, period: Period) -> holder_pb2.DeletionRule:
    return holder_pb2.DeletionRule(
        case=name,
        start_event=rule.start,
        years=period.years,
        days=period.days,
        hours=period.hours,
        to_year_end=period.to_year_end,
        law=rule.law,
    )


async def _take_all_time(session: WriteSession) -> None:
    # However many rows a table has: only the caller's patience ends that.
    call = current_call()
    await session.take_time(call.remaining() if call is not None else None)


async def _look_for_one(session: WriteSession) -> None:
    """One subject has few rows in any table: where an index can find them, nobody reads them all."""
    await _take_all_time(session)
    await session.execute(_BY_INDEX)
