"""Askings: proto ↔ values."""

from __future__ import annotations

import uuid
from typing import Any

from kontor.privacy.v1 import askings_pb2, askings_pb2_grpc, holder_pb2

from kernel.clock import to_timestamp
from services.privacy.requests.asking.model import Asked, Letter
from services.privacy.requests.asking.service import AskingService
from services.privacy.requests.model import Kind


class AskingsRpc(askings_pb2_grpc.AskingsServicer):
    """The Askings service of the contract."""

    def __init__(self, askings: AskingService) -> None:
        self._askings = askings

    async def Ask(self, request: askings_pb2.AskRequest, context: Any) -> askings_pb2.AskResponse:
        asked = Asked(
            email=request.email,
            kind=Kind(request.kind),
            language=request.language,
            message=request.message,
            ground=request.ground,
            objection=request.objection,
        )
        await self._askings.ask(asked, client=request.client)
        return askings_pb2.AskResponse()

    async def ConfirmAsking(
        self, request: askings_pb2.ConfirmAskingRequest, context: Any
    ) -> askings_pb2.ConfirmAskingResponse:
        accepted = await self._askings.confirm_asking(uuid.UUID(request.asking_id), request.code)
        return askings_pb2.ConfirmAskingResponse(accepted=accepted)

    async def GetAskingMail(
        self, request: askings_pb2.GetAskingMailRequest, context: Any
    ) -> askings_pb2.AskingMail:
        asking, suppressed = await self._askings.get_asking_mail(
            uuid.UUID(request.asking_id), Letter(request.mail)
        )
        return askings_pb2.AskingMail(
            email=asking.asked.email,
            language=asking.asked.language,
            kind=holder_pb2.RequestKind.ValueType(asking.asked.kind),
            ask_time=to_timestamp(asking.asked_at),
            suppressed=suppressed,
        )

    async def PrepareAskingMail(
        self, request: askings_pb2.PrepareAskingMailRequest, context: Any
    ) -> askings_pb2.PrepareAskingMailResponse:
        await self._askings.prepare_asking_mail(
            uuid.UUID(request.asking_id), Letter(request.mail), request.code_sha256
        )
        return askings_pb2.PrepareAskingMailResponse()

    async def GetAskingMessage(
        self, request: askings_pb2.GetAskingMessageRequest, context: Any
    ) -> askings_pb2.AskingMessage:
        return askings_pb2.AskingMessage(
            message=await self._askings.get_asking_message(uuid.UUID(request.id))
        )
