"""The record of processing: proto ↔ values."""

from __future__ import annotations

from typing import Any

from google.protobuf.json_format import MessageToDict, ParseDict
from kontor.options.v1 import options_pb2
from kontor.privacy.v1 import holder_pb2, registers_pb2_grpc
from kontor.privacy.v1 import registers_pb2 as wire

from kernel.clock import Clock, to_timestamp
from kernel.rpc.call import current_principal
from services.privacy.processing.model import STALE, Activity, Confirmed, Mark, Marked, Record
from services.privacy.processing.service import ProcessingService
from services.privacy.registers.rpc import file_message


class ProcessingRecordsRpc(registers_pb2_grpc.ProcessingRecordsServicer):
    """The ProcessingRecords service of the contract."""

    def __init__(self, processing: ProcessingService, clock: Clock) -> None:
        self._processing = processing
        self._clock = clock

    async def GetProcessingRecord(
        self, request: wire.GetProcessingRecordRequest, context: Any
    ) -> wire.ProcessingRecord:
        return self._record(await self._processing.get_processing_record())

    async def DescribeActivity(
        self, request: wire.DescribeActivityRequest, context: Any
    ) -> wire.ProcessingRecord:
        record = await self._processing.describe_activity(
            request.key,
            MessageToDict(request.context, preserving_proto_field_name=True),
            version=request.version,
            actor=current_principal().subject,
        )
        return self._record(record)

    async def ConfirmProcessingRecord(
        self, request: wire.ConfirmProcessingRecordRequest, context: Any
    ) -> wire.ProcessingVersion:
        actor = current_principal().subject
        return _version(await self._processing.confirm_processing_record(request.fingerprint, actor=actor))

    async def ListProcessingVersions(
        self, request: wire.ListProcessingVersionsRequest, context: Any
    ) -> wire.ListProcessingVersionsResponse:
        found = await self._processing.list_processing_versions()
        return wire.ListProcessingVersionsResponse(versions=map(_version, found))

    async def GetProcessingFile(
        self, request: wire.GetProcessingFileRequest, context: Any
    ) -> wire.RegisterFile:
        made = await self._processing.get_processing_file(
            request.version, form=request.format, language=request.language
        )
        return file_message(made)

    def _record(self, record: Record) -> wire.ProcessingRecord:
        now = self._clock.now()
        return wire.ProcessingRecord(
            activities=map(_activity, record.activities),
            descriptions=[
                wire.Description(
                    holder=each.holder, describe_time=to_timestamp(each.at), stale=now - each.at > STALE
                )
                for each in record.described
            ],
            fingerprint=record.fingerprint,
            version=record.version,
            open_changes=record.open_changes,
        )


def _activity(activity: Activity) -> wire.Activity:
    mark = Mark.CHANGED if activity.context_changed else Mark.SAME
    message = wire.Activity(
        key=activity.key,
        lines=map(_line, activity.lines),
        context_mark=wire.ChangeMark.ValueType(mark),
        context_version=activity.context_version,
    )
    ParseDict(dict(activity.context), message.context, ignore_unknown_fields=True)
    return message


def _line(marked: Marked) -> wire.ProcessingLine:
    line = marked.line
    return wire.ProcessingLine(
        holder=line.holder,
        dataset=line.dataset,
        categories=[options_pb2.Category.Value(name) for name in line.categories],
        bases=[holder_pb2.Basis.Value(name) for name in line.bases],
        columns=line.columns,
        retention=line.retention,
        mark=wire.ChangeMark.ValueType(marked.mark),
        new_columns=marked.new_columns,
    )


def _version(confirmed: Confirmed) -> wire.ProcessingVersion:
    changed = confirmed.difference
    return wire.ProcessingVersion(
        version=confirmed.version,
        confirm_time=to_timestamp(confirmed.at),
        confirmed_by=confirmed.by,
        added=changed.added,
        changed=changed.changed,
        removed=changed.removed,
    )
