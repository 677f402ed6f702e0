"""Bases: proto ↔ values."""

from __future__ import annotations

import uuid
from typing import Any

from kontor.privacy.v1 import bases_pb2, bases_pb2_grpc

from kernel.clock import to_timestamp
from services.contacts.bases.service import BasesService

_BEGINNING = uuid.UUID(int=0)


class SubjectBasesRpc(bases_pb2_grpc.SubjectBasesServicer):
    """The SubjectBases service of the contract."""

    def __init__(self, bases: BasesService) -> None:
        self._bases = bases

    async def ListSubjectBases(
        self, request: bases_pb2.ListSubjectBasesRequest, context: Any
    ) -> bases_pb2.ListSubjectBasesResponse:
        after = uuid.UUID(request.after_id) if request.after_id else _BEGINNING
        found = await self._bases.list_subject_bases(after=after, limit=request.page_size)
        return bases_pb2.ListSubjectBasesResponse(
            subjects=[
                bases_pb2.SubjectBasis(
                    contact_id=str(row.id),
                    create_time=to_timestamp(row.created_at),
                    source=row.source,
                    has_basis=row.has_basis,
                )
                for row in found
            ]
        )
