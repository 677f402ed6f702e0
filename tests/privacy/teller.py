"""Who tells people of their requests, and a campaigns service that keeps what it was asked for."""

from typing import Any

import grpc
from kontor.campaigns.v1 import notices_pb2, notices_pb2_grpc

from services.privacy.clients import NoticesClient
from services.privacy.requests.farewell.jobs import Farewells
from services.privacy.requests.notices.jobs import RequestNotices
from tests.privacy.machine import Machine


class Campaigns(notices_pb2_grpc.NoticesServicer):
    """Keeps what it was asked for; may be down, or refuse a contact."""

    def __init__(self) -> None:
        self.asked: list[notices_pb2.SendNoticeRequest] = []
        self.down = False
        self.refuses: str | None = None
        # How mails stand, by id; none is asked for here but what SendNotice brought.
        self.states: dict[str, int] = {}

    async def SendNotice(self, request: Any, context: Any) -> notices_pb2.SendNoticeResponse:
        if self.down:
            await context.abort(grpc.StatusCode.UNAVAILABLE, "down")
        if request.contact_id == self.refuses:
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, "no")
        self.asked.append(request)
        self.states.setdefault(request.request_id, notices_pb2.NOTICE_STATE_OPEN)
        return notices_pb2.SendNoticeResponse(id=request.request_id)

    async def GetNotice(self, request: Any, context: Any) -> notices_pb2.Notice:
        if self.down:
            await context.abort(grpc.StatusCode.UNAVAILABLE, "down")
        if request.id not in self.states:
            await context.abort(grpc.StatusCode.NOT_FOUND, "nobody asked for it")
        return notices_pb2.Notice(id=request.id, state=self.states[request.id])  # type: ignore[arg-type]

    @property
    def kinds(self) -> list[int]:
        return [one.kind for one in self.asked]


class Teller:
    """The jobs between the machine's database and a served campaigns."""

    def __init__(self, machine: Machine, campaigns: Campaigns, channel: Any) -> None:
        self.campaigns = campaigns
        parts = machine.parts
        client = NoticesClient.over(channel)
        self.job = RequestNotices(parts.database, parts.clock, campaigns=client)
        self.farewells = Farewells(parts.database, parts.clock, campaigns=client)
