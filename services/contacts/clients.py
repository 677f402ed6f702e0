"""What this service asks of others: which addresses are suppressed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import grpc
from kontor.privacy.v1 import privacy_pb2, privacy_pb2_grpc

# What one call takes (privacy.proto).
_AT_ONCE = 5_000


class Reach(NamedTuple):
    """How somebody can be reached; the e-mail address decides, the phone only where there is none.

    A household shares its phone, so a suppressed number alone must not refuse everybody who has it.
    """

    email: str
    phone: str


class Suppressions:
    """The suppression list, which only the privacy service can read."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = privacy_pb2_grpc.SuppressionsStub(channel)

    async def is_suppressed(self, reach: Reach) -> bool:
        """Whether this one is on the list. Errors: Unavailable; never call it inside a transaction."""
        return (await self.check([reach]))[0]

    async def check(self, reaches: Sequence[Reach]) -> list[bool]:
        """Which of them are on the list, in the order asked. Errors: as above."""
        asked = [(index, a) for index, reach in enumerate(reaches) if (a := _address(reach)) is not None]
        answers = [False] * len(reaches)
        for start in range(0, len(asked), _AT_ONCE):
            part = asked[start : start + _AT_ONCE]
            response = await self._stub.CheckSuppressions(
                privacy_pb2.CheckSuppressionsRequest(addresses=[address for _, address in part])
            )
            for (index, _), suppressed in zip(part, response.suppressed, strict=True):
                answers[index] = suppressed
        return answers


def _address(reach: Reach) -> privacy_pb2.Address | None:
    if reach.email:
        return privacy_pb2.Address(channel=privacy_pb2.CHANNEL_EMAIL, value=reach.email)
    if reach.phone:
        return privacy_pb2.Address(channel=privacy_pb2.CHANNEL_PHONE, value=reach.phone)
    return None
