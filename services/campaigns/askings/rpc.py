"""Mails about askings: proto ↔ values."""

from __future__ import annotations

import uuid
from typing import Any

from kontor.campaigns.v1 import asking_mails_pb2, asking_mails_pb2_grpc

from services.campaigns.askings.model import Kind
from services.campaigns.askings.service import AskingMailsService


class AskingMailsRpc(asking_mails_pb2_grpc.AskingMailsServicer):
    """The AskingMails service of the contract."""

    def __init__(self, mails: AskingMailsService) -> None:
        self._mails = mails

    async def SendAskingMail(
        self, request: asking_mails_pb2.SendAskingMailRequest, context: Any
    ) -> asking_mails_pb2.SendAskingMailResponse:
        await self._mails.send_asking_mail(
            uuid.UUID(request.request_id), asking_id=uuid.UUID(request.asking_id), kind=Kind(request.kind)
        )
        return asking_mails_pb2.SendAskingMailResponse(id=request.request_id)
