"""Typed wrappers over the four DataHolders that privacy drives, itself among them, and over the mails to people."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from kontor.campaigns.v1 import notices_pb2, notices_pb2_grpc
from kontor.privacy.v1 import holder_pb2, holder_pb2_grpc

from kernel.channel import typed_stream
from services.privacy.requests.model import Notice

# Contacts first: it knows how the subject can be recognised.
HOLDERS = ("contacts", "campaigns", "tickets", "privacy")
# Reading or erasing everything about somebody takes longer than an ordinary call.
_PATIENCE_S = 60.0


@dataclass(frozen=True, slots=True)
class HolderClient:
    """One service as a holder of personal data. Errors: Unavailable while it is down."""

    name: str
    stub: Any

    @classmethod
    def over(cls, name: str, channel: Any) -> HolderClient:
        """The holder at the other end of a channel."""
        return cls(name, holder_pb2_grpc.DataHolderStub(channel))

    async def describe(self) -> holder_pb2.DescribeResponse:
        """Its datasets with their declarations."""
        answer: holder_pb2.DescribeResponse = await self.stub.Describe(
            holder_pb2.DescribeRequest(), timeout=_PATIENCE_S
        )
        return answer

    async def collect(self, request: holder_pb2.CollectRequest) -> AsyncIterator[holder_pb2.Record]:
        """Everything it holds about a subject."""
        async for record in typed_stream(self.stub.Collect(request, timeout=_PATIENCE_S)):
            yield record

    async def plan(self, request: holder_pb2.PlanRequest) -> holder_pb2.PlanResponse:
        """What it would do."""
        answer: holder_pb2.PlanResponse = await self.stub.Plan(request, timeout=_PATIENCE_S)
        return answer

    async def execute(self, request: holder_pb2.ExecuteRequest) -> holder_pb2.Receipt:
        """Does what was planned, once."""
        answer: holder_pb2.Receipt = await self.stub.Execute(request, timeout=_PATIENCE_S)
        return answer

    async def probe(self, request: holder_pb2.ProbeRequest) -> holder_pb2.ProbeResponse:
        """Where the subject can still be found."""
        answer: holder_pb2.ProbeResponse = await self.stub.Probe(request, timeout=_PATIENCE_S)
        return answer


@dataclass(frozen=True, slots=True)
class NoticesClient:
    """kontor.campaigns.v1.Notices. Errors: Unavailable while it is down."""

    stub: Any

    @classmethod
    def over(cls, channel: Any) -> NoticesClient:
        """The service at the other end of a channel."""
        return cls(notices_pb2_grpc.NoticesStub(channel))

    async def send(self, notice: Notice) -> None:
        """Asks for one mail; asked again it is the same one."""
        await self.stub.SendNotice(
            notices_pb2.SendNoticeRequest(
                request_id=str(notice.id),
                contact_id=str(notice.contact_id),
                kind=notices_pb2.NoticeKind.ValueType(notice.kind),
                due_date=notice.due_date.isoformat(),
            )
        )
