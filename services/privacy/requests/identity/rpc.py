"""Checks: proto ↔ values."""

from __future__ import annotations

import uuid
from typing import Any

from kontor.privacy.v1 import identity_pb2, identity_pb2_grpc

from kernel.rpc.rows import narrowed_caller
from services.privacy.requests.identity.service import IdentityService


class IdentityChecksRpc(identity_pb2_grpc.IdentityChecksServicer):
    """The IdentityChecks service of the contract."""

    def __init__(self, identity: IdentityService) -> None:
        self._identity = identity

    async def SendIdentityCode(
        self, request: identity_pb2.SendIdentityCodeRequest, context: Any
    ) -> identity_pb2.IdentityCheck:
        check = await self._identity.send_identity_code(uuid.UUID(request.id), caller=narrowed_caller())
        return identity_pb2.IdentityCheck(id=str(check.id))

    async def PrepareIdentityCode(
        self, request: identity_pb2.PrepareIdentityCodeRequest, context: Any
    ) -> identity_pb2.PrepareIdentityCodeResponse:
        await self._identity.prepare_identity_code(uuid.UUID(request.check_id), request.code_sha256)
        return identity_pb2.PrepareIdentityCodeResponse()

    async def EnterIdentityCode(
        self, request: identity_pb2.EnterIdentityCodeRequest, context: Any
    ) -> identity_pb2.EnterIdentityCodeResponse:
        accepted = await self._identity.enter_identity_code(uuid.UUID(request.check_id), request.code)
        return identity_pb2.EnterIdentityCodeResponse(accepted=accepted)
