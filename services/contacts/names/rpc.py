"""The service `kontor.contacts.v1.Names`: messages to values and back."""

from __future__ import annotations

import uuid
from typing import Any

from kontor.contacts.v1 import names_pb2, names_pb2_grpc

from services.contacts.names.model import Name
from services.contacts.names.service import NamesService


class NamesRpc(names_pb2_grpc.NamesServicer):
    """Handlers of the Names service."""

    def __init__(self, names: NamesService) -> None:
        self._names = names

    async def CheckNames(
        self, request: names_pb2.CheckNamesRequest, context: Any
    ) -> names_pb2.CheckNamesResponse:
        asked = [Name.of(each.family, each.given) for each in request.names]
        found = await self._names.check_names(asked, own=uuid.UUID(request.contact_id))
        return names_pb2.CheckNamesResponse(others=found.others, beginnings=found.beginnings)
