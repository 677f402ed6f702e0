"""The DataHolder RPCs over the kernel's five answers."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from typing import Any

from kontor.privacy.v1 import holder_pb2, holder_pb2_grpc
from sqlalchemy import MetaData

from kernel.clock import Clock, SystemClock
from kernel.db import Database, WriteSession
from kernel.holder.collecting import collect, describe
from kernel.holder.executing import execute_plan, make_plan
from kernel.holder.probing import probe
from kernel.holder.restricting import restrict
from kernel.holder.subject import Holder, Hooks, Subject
from kernel.rpc.call import current_call, note_subjects
from kernel.signing import Signer


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
            await _take_all_time(session)
            async for record in collect(session, self._holder, subject):
                yield record

    async def Plan(self, request: holder_pb2.PlanRequest, context: Any) -> holder_pb2.PlanResponse:
        note_subjects([request.subject_id])
        subject = Subject.of(request.subject_id, request.identifiers)
        async with self._database.transaction() as session:
            await _take_all_time(session)
            return await make_plan(session, self._holder, subject, uuid.UUID(request.request_id))

    async def Execute(self, request: holder_pb2.ExecuteRequest, context: Any) -> holder_pb2.Receipt:
        async with self._database.transaction() as session:
            await _take_all_time(session)
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
            await _take_all_time(session)
            return await probe(session, self._holder, subject)


async def _take_all_time(session: WriteSession) -> None:
    # Every text of a table is read, however many rows it has; only the caller's patience ends that.
    call = current_call()
    await session.take_time(call.remaining() if call is not None else None)
