"""Notices: proto ↔ values."""

from __future__ import annotations

import uuid
from typing import Any

from kontor.campaigns.v1 import notices_pb2, notices_pb2_grpc

from services.campaigns.notices.model import Kind
from services.campaigns.notices.service import NoticesService
from services.campaigns.sender.model import State

_STATES = {
    State.PLANNED: notices_pb2.NOTICE_STATE_OPEN,
    State.SENDING: notices_pb2.NOTICE_STATE_OPEN,
    State.SENT: notices_pb2.NOTICE_STATE_SENT,
}


class NoticesRpc(notices_pb2_grpc.NoticesServicer):
    """The Notices service of the contract."""

    def __init__(self, notices: NoticesService) -> None:
        self._notices = notices

    async def SendNotice(
        self, request: notices_pb2.SendNoticeRequest, context: Any
    ) -> notices_pb2.SendNoticeResponse:
        await self._notices.send_notice(
            uuid.UUID(request.request_id),
            contact_id=uuid.UUID(request.contact_id) if request.contact_id else None,
            kind=Kind(request.kind),
            due_date=request.due_date,
        )
        return notices_pb2.SendNoticeResponse(id=request.request_id)

    async def GetNotice(self, request: notices_pb2.GetNoticeRequest, context: Any) -> notices_pb2.Notice:
        state = await self._notices.get_notice(uuid.UUID(request.id))
        return notices_pb2.Notice(id=request.id, state=_STATES.get(state, notices_pb2.NOTICE_STATE_FAILED))
