"""Registers: proto ↔ values. What is stored is the contract's own message, by field names."""

from __future__ import annotations

import uuid
from typing import Any

from google.protobuf.json_format import MessageToDict, ParseDict
from kontor.privacy.v1 import registers_pb2 as wire
from kontor.privacy.v1 import registers_pb2_grpc

from kernel.clock import to_timestamp
from kernel.rpc.call import current_principal
from services.privacy.registers.countries import ADEQUATE, AS_OF, FREE, SOURCE
from services.privacy.registers.model import MEASURES, PROCESSORS, SWOT, TRANSFERS, ContentMissing, Entry
from services.privacy.registers.printing import File
from services.privacy.registers.service import RegisterService

_REGISTERS = {
    wire.REGISTER_PROCESSORS: PROCESSORS,
    wire.REGISTER_TRANSFERS: TRANSFERS,
    wire.REGISTER_MEASURES: MEASURES,
    wire.REGISTER_SWOT: SWOT,
}
_FIELDS = {"processor": PROCESSORS, "transfer": TRANSFERS, "measure": MEASURES, "swot_note": SWOT}
_FIELD_OF = {register: name for name, register in _FIELDS.items()}


class RegistersRpc(registers_pb2_grpc.RegistersServicer):
    """The Registers service of the contract."""

    def __init__(self, registers: RegisterService) -> None:
        self._registers = registers

    async def SaveRegisterEntry(
        self, request: wire.SaveRegisterEntryRequest, context: Any
    ) -> wire.RegisterEntry:
        name = request.WhichOneof("content")
        if name is None:
            raise ContentMissing("An entry needs a content.")
        saved = await self._registers.save_register_entry(
            _FIELDS[name],
            MessageToDict(getattr(request, name), preserving_proto_field_name=True),
            entry_id=uuid.UUID(request.id) if request.id else None,
            version=request.version,
            actor=current_principal().subject,
        )
        return _entry(saved)

    async def SaveSwotNote(self, request: wire.SaveSwotNoteRequest, context: Any) -> wire.RegisterEntry:
        saved = await self._registers.save_register_entry(
            SWOT,
            MessageToDict(request.note, preserving_proto_field_name=True),
            entry_id=uuid.UUID(request.id) if request.id else None,
            version=request.version,
            actor=current_principal().subject,
        )
        return _entry(saved)

    async def RetireRegisterEntry(
        self, request: wire.RetireRegisterEntryRequest, context: Any
    ) -> wire.RegisterEntry:
        ended = await self._registers.retire_register_entry(
            uuid.UUID(request.id), version=request.version, actor=current_principal().subject
        )
        return _entry(ended)

    async def GetRegisterEntry(
        self, request: wire.GetRegisterEntryRequest, context: Any
    ) -> wire.GetRegisterEntryResponse:
        versions = [_entry(e) for e in await self._registers.get_register_entry(uuid.UUID(request.id))]
        return wire.GetRegisterEntryResponse(entry=versions[0], versions=versions)

    async def ListRegisterEntries(
        self, request: wire.ListRegisterEntriesRequest, context: Any
    ) -> wire.ListRegisterEntriesResponse:
        found = await self._registers.list_register_entries(_REGISTERS[request.register])
        return wire.ListRegisterEntriesResponse(entries=map(_entry, found))

    async def GetRegisterFile(self, request: wire.GetRegisterFileRequest, context: Any) -> wire.RegisterFile:
        made = await self._registers.get_register_file(
            _REGISTERS[request.register], form=request.format, language=request.language
        )
        return file_message(made)

    async def ListTransferCountries(
        self, request: wire.ListTransferCountriesRequest, context: Any
    ) -> wire.ListTransferCountriesResponse:
        adequate = [wire.Adequacy(country=a.country, scope=a.scope, until=a.until) for a in ADEQUATE]
        return wire.ListTransferCountriesResponse(
            free=sorted(FREE), adequate=adequate, source=SOURCE, as_of=AS_OF
        )


def file_message(made: File) -> wire.RegisterFile:
    """A document on the wire."""
    return wire.RegisterFile(file_name=made.file_name, media_type=made.media_type, content=made.content)


def _entry(entry: Entry) -> wire.RegisterEntry:
    version = entry.version
    message = wire.RegisterEntry(
        id=str(version.entry_id),
        version=version.version,
        change_time=to_timestamp(version.changed_at),
        changed_by=version.changed_by,
        retired=version.retired,
        alerts=entry.alerts,
        changed_fields=entry.changed_fields,
    )
    # A field that a newer release wrote is not this one's to show, and no reason to show nothing.
    content = getattr(message, _FIELD_OF[version.register])
    ParseDict(dict(version.content), content, ignore_unknown_fields=True)
    content.SetInParent()
    return message
