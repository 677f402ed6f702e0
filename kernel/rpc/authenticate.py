"""Stage identity: the bearer token becomes the call's principal."""

from __future__ import annotations

from typing import Any

from kernel.errors import Unauthenticated
from kernel.identity import TokenVerifier
from kernel.rpc.call import Call, Proceed, Stage


def authenticate_stage(verifier: TokenVerifier) -> Stage:
    """Verifies the token if there is one; whether one is needed is the access rule's business."""

    async def stage(call: Call, request: Any, proceed: Proceed) -> Any:
        header = call.metadata.get("authorization", "")
        if header:
            scheme, _, token = header.partition(" ")
            if scheme.lower() != "bearer" or not token:
                raise Unauthenticated("The authorization header must hold a bearer token.")
            call.principal = await verifier.verify(token)
        return await proceed(call, request)

    return stage
