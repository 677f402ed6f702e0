"""Own suppressions: proto ↔ values."""

from __future__ import annotations

import uuid
from typing import Any

from kontor.privacy.v1 import own_suppressions_pb2, own_suppressions_pb2_grpc, privacy_pb2

from kernel.clock import to_timestamp
from kernel.rpc.call import current_principal
from services.privacy.suppression.own.model import OwnEntry
from services.privacy.suppression.own.service import OwnSuppressionService


class OwnSuppressionsRpc(own_suppressions_pb2_grpc.OwnSuppressionsServicer):
    """The OwnSuppressions service of the contract."""

    def __init__(self, own: OwnSuppressionService) -> None:
        self._own = own

    async def ListOwnSuppressions(
        self, request: own_suppressions_pb2.ListOwnSuppressionsRequest, context: Any
    ) -> own_suppressions_pb2.ListOwnSuppressionsResponse:
        found = await self._own.list_own_suppressions(
            uuid.UUID(request.contact_id), caller=current_principal()
        )
        return own_suppressions_pb2.ListOwnSuppressionsResponse(suppressions=map(_own, found))

    async def LiftOwnSuppression(
        self, request: own_suppressions_pb2.LiftOwnSuppressionRequest, context: Any
    ) -> own_suppressions_pb2.LiftOwnSuppressionResponse:
        await self._own.lift_own_suppression(
            uuid.UUID(request.contact_id), uuid.UUID(request.id), caller=current_principal()
        )
        return own_suppressions_pb2.LiftOwnSuppressionResponse()


def _own(own: OwnEntry) -> own_suppressions_pb2.OwnSuppression:
    return own_suppressions_pb2.OwnSuppression(
        id=str(own.entry.id),
        channel=privacy_pb2.Channel.ValueType(own.entry.channel),
        address=own.address.value,
        reason=own.entry.reason,
        create_time=to_timestamp(own.entry.created_at),
        obstacle=own.obstacle,
    )
