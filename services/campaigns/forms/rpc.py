"""Sign-ups on the wire."""

from __future__ import annotations

import uuid
from typing import Any

from kontor.campaigns.v1 import campaigns_pb2, campaigns_pb2_grpc

from services.campaigns.forms.model import Wish
from services.campaigns.forms.service import FormsService


class FormsRpc(campaigns_pb2_grpc.FormsServicer):
    """kontor.campaigns.v1.Forms"""

    def __init__(self, forms: FormsService) -> None:
        self._forms = forms

    async def SubmitSignUp(
        self, request: campaigns_pb2.SubmitSignUpRequest, context: Any
    ) -> campaigns_pb2.SubmitSignUpResponse:
        wish = Wish(
            email=request.email,
            given_name=request.given_name,
            family_name=request.family_name,
            language=request.language,
            topics=tuple(dict.fromkeys(request.topics)),
            text_id=uuid.UUID(request.text_id),
            form_url=request.form_url,
            ip_address=request.ip_address,
        )
        await self._forms.submit_sign_up(wish)
        return campaigns_pb2.SubmitSignUpResponse()

    async def ConfirmSignUp(
        self, request: campaigns_pb2.ConfirmSignUpRequest, context: Any
    ) -> campaigns_pb2.ConfirmSignUpResponse:
        topics = await self._forms.confirm_sign_up(request.token, ip_address=request.ip_address)
        return campaigns_pb2.ConfirmSignUpResponse(topics=topics)
