"""Last mails: proto ↔ values."""

from __future__ import annotations

import uuid
from typing import Any

from kontor.privacy.v1 import farewells_pb2, farewells_pb2_grpc

from services.privacy.requests.farewell.service import FarewellService


class FarewellsRpc(farewells_pb2_grpc.FarewellsServicer):
    """The Farewells service of the contract."""

    def __init__(self, farewells: FarewellService) -> None:
        self._farewells = farewells

    async def GetFarewell(
        self, request: farewells_pb2.GetFarewellRequest, context: Any
    ) -> farewells_pb2.Farewell:
        found = await self._farewells.get_farewell(uuid.UUID(request.farewell_id))
        return farewells_pb2.Farewell(
            address=found.address,
            language=found.language,
            kept=[
                farewells_pb2.KeptItem(what=each.what, law=each.law, keep_until=each.until.isoformat())
                for each in found.kept
            ],
            enclosures=[
                farewells_pb2.Enclosure(
                    file_name=each.file_name, media_type=each.media_type, content=each.content
                )
                for each in found.enclosures
            ],
            recipients=found.recipients,
        )

    async def GetErasedPerson(
        self, request: farewells_pb2.GetErasedPersonRequest, context: Any
    ) -> farewells_pb2.ErasedPerson:
        found = await self._farewells.get_erased_person(uuid.UUID(request.id))
        return farewells_pb2.ErasedPerson(names=found.names, emails=found.emails, phones=found.phones)
