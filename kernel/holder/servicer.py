"""The DataHolder RPCs over the kernel's five answers."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from kontor.privacy.v1 import holder_pb2, holder_pb2_grpc
from sqlalchemy import MetaData

from kernel.clock import Clock, SystemClock
from kernel.db import Database, WriteSession
from kernel.holder.collecting import collect, describe
from kernel.holder.executing import execute_plan, make_plan
from kernel.holder.probing import probe
from kernel.holder.subject import Holder, Subject
from kernel.rpc.call import note_subjects
from kernel.signing import Signer

# Called inside the transaction of an execution that did something, e.g. to emit a fact.
AfterErasure = Callable[[WriteSession, uuid.UUID], Awaitable[None]]


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
        after_erasure: AfterErasure | None = None,
    ) -> None:
        self._database = database
        self._holder = Holder(holder, metadata, signer, clock or SystemClock())
        self._after_erasure = after_erasure

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
            async for record in collect(session, self._holder, subject):
                yield record

    async def Plan(self, request: holder_pb2.PlanRequest, context: Any) -> holder_pb2.PlanResponse:
        note_subjects([request.subject_id])
        subject = Subject.of(request.subject_id, request.identifiers)
        async with self._database.transaction() as session:
            return await make_plan(session, self._holder, subject, uuid.UUID(request.request_id))

    async def Execute(self, request: holder_pb2.ExecuteRequest, context: Any) -> holder_pb2.Receipt:
        async with self._database.transaction() as session:
            receipt, done, subject_id = await execute_plan(
                session, self._holder, uuid.UUID(request.plan_id), request.plan_hash
            )
            note_subjects([subject_id])
            if done and self._after_erasure is not None:
                await self._after_erasure(session, subject_id)
        return receipt

    async def Probe(self, request: holder_pb2.ProbeRequest, context: Any) -> holder_pb2.ProbeResponse:
        subject = Subject.of(request.subject_id, request.identifiers)
        async with self._database.reading() as session:
            return await probe(session, self._holder, subject)
