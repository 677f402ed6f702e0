"""Renewals on the wire."""

from __future__ import annotations

import uuid
from typing import Any

from kontor.campaigns.v1 import renewals_pb2, renewals_pb2_grpc

from services.campaigns.renewals.model import Answer, Standing
from services.campaigns.renewals.service import RenewalsService


class RenewalsRpc(renewals_pb2_grpc.RenewalsServicer):
    """kontor.campaigns.v1.Renewals"""

    def __init__(self, renewals: RenewalsService) -> None:
        self._renewals = renewals

    async def GetRenewal(self, request: renewals_pb2.GetRenewalRequest, context: Any) -> renewals_pb2.Renewal:
        return _to_proto(await self._renewals.get_renewal(request.token))

    async def AnswerRenewal(
        self, request: renewals_pb2.AnswerRenewalRequest, context: Any
    ) -> renewals_pb2.Renewal:
        # Without the text that was shown there is nothing to agree to: an unknown id is an outdated text.
        shown = uuid.UUID(request.text_id) if request.text_id else uuid.UUID(int=0)
        answer = Answer(shown if request.renew else None, request.language, request.form_url)
        standing = await self._renewals.answer_renewal(
            request.token, answer, request_id=uuid.UUID(request.request_id)
        )
        return _to_proto(standing)


def _to_proto(standing: Standing) -> renewals_pb2.Renewal:
    return renewals_pb2.Renewal(topic=standing.topic, open=standing.open, last_day=standing.last_day)
