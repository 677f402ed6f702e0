"""Breaches: proto ↔ values."""

from __future__ import annotations

import uuid
from typing import Any

from google.protobuf.json_format import MessageToDict, ParseDict
from kontor.privacy.v1 import breaches_pb2 as wire
from kontor.privacy.v1 import breaches_pb2_grpc, registers_pb2

from kernel.clock import to_timestamp
from kernel.rpc.call import current_principal
from services.privacy.breaches.model import Breach
from services.privacy.breaches.service import BreachService
from services.privacy.registers.rpc import file_message


class BreachesRpc(breaches_pb2_grpc.BreachesServicer):
    """The Breaches service of the contract."""

    def __init__(self, breaches: BreachService) -> None:
        self._breaches = breaches

    async def SaveBreach(self, request: wire.SaveBreachRequest, context: Any) -> wire.BreachEntry:
        saved = await self._breaches.save_breach(
            MessageToDict(request.breach, preserving_proto_field_name=True),
            breach_id=uuid.UUID(request.id) if request.id else None,
            version=request.version,
            actor=current_principal().subject,
        )
        return _entry(saved)

    async def GetBreach(self, request: wire.GetBreachRequest, context: Any) -> wire.GetBreachResponse:
        versions = [_entry(each) for each in await self._breaches.get_breach(uuid.UUID(request.id))]
        return wire.GetBreachResponse(entry=versions[0], versions=versions)

    async def ListBreaches(
        self, request: wire.ListBreachesRequest, context: Any
    ) -> wire.ListBreachesResponse:
        return wire.ListBreachesResponse(entries=map(_entry, await self._breaches.list_breaches()))

    async def GetBreachFile(
        self, request: wire.GetBreachFileRequest, context: Any
    ) -> registers_pb2.RegisterFile:
        made = await self._breaches.get_breach_file(
            request.file,
            breach_id=uuid.UUID(request.id) if request.id else None,
            form=request.format,
            language=request.language,
        )
        return file_message(made)


def _entry(breach: Breach) -> wire.BreachEntry:
    version = breach.version
    message = wire.BreachEntry(
        id=str(version.entry_id),
        version=version.version,
        change_time=to_timestamp(version.changed_at),
        changed_by=version.changed_by,
        due_time=to_timestamp(breach.due_at),
        last_time=to_timestamp(breach.last_at),
        suggested=wire.Risk.ValueType(breach.suggested),
        alerts=breach.alerts,
        changed_fields=breach.changed_fields,
    )
    ParseDict(dict(version.content), message.breach, ignore_unknown_fields=True)
    return message
