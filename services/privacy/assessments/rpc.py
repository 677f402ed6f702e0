"""Assessments: proto ↔ values."""

from __future__ import annotations

import uuid
from typing import Any

from google.protobuf.json_format import MessageToDict, ParseDict
from kontor.privacy.v1 import assessments_pb2 as wire
from kontor.privacy.v1 import assessments_pb2_grpc, registers_pb2

from kernel.clock import to_timestamp
from kernel.rpc.call import current_principal
from services.privacy.assessments.model import Assessment, greatest, required, suggested
from services.privacy.assessments.service import AssessmentService
from services.privacy.registers.rpc import file_message


class AssessmentsRpc(assessments_pb2_grpc.AssessmentsServicer):
    """The Assessments service of the contract."""

    def __init__(self, assessments: AssessmentService) -> None:
        self._assessments = assessments

    async def SaveAssessment(self, request: wire.SaveAssessmentRequest, context: Any) -> wire.AssessmentEntry:
        saved = await self._assessments.save_assessment(
            MessageToDict(request.assessment, preserving_proto_field_name=True),
            assessment_id=uuid.UUID(request.id) if request.id else None,
            version=request.version,
            actor=current_principal().subject,
        )
        return _entry(saved)

    async def GiveOpinion(self, request: wire.GiveOpinionRequest, context: Any) -> wire.AssessmentEntry:
        given = await self._assessments.give_opinion(
            uuid.UUID(request.id),
            {"verdict": wire.Verdict.Name(request.verdict), "text": request.text},
            version=request.version,
            actor=current_principal().subject,
        )
        return _entry(given)

    async def GetAssessment(
        self, request: wire.GetAssessmentRequest, context: Any
    ) -> wire.GetAssessmentResponse:
        versions = [_entry(each) for each in await self._assessments.get_assessment(uuid.UUID(request.id))]
        return wire.GetAssessmentResponse(entry=versions[0], versions=versions)

    async def ListAssessments(
        self, request: wire.ListAssessmentsRequest, context: Any
    ) -> wire.ListAssessmentsResponse:
        return wire.ListAssessmentsResponse(entries=map(_entry, await self._assessments.list_assessments()))

    async def GetAssessmentFile(
        self, request: wire.GetAssessmentFileRequest, context: Any
    ) -> registers_pb2.RegisterFile:
        made = await self._assessments.get_assessment_file(
            uuid.UUID(request.id) if request.id else None, form=request.format, language=request.language
        )
        return file_message(made)


def _entry(found: Assessment) -> wire.AssessmentEntry:
    version = found.version
    content = dict(version.content)
    opinion = content.pop("opinion", None)
    message = wire.AssessmentEntry(
        id=str(version.entry_id),
        version=version.version,
        change_time=to_timestamp(version.changed_at),
        changed_by=version.changed_by,
        suggested=suggested(content),
        required=required(content),
        level_before=wire.RiskLevel.ValueType(greatest(content, after=False)),
        level_after=wire.RiskLevel.ValueType(greatest(content, after=True)),
        alerts=found.alerts,
        changed_fields=found.changed_fields,
    )
    ParseDict(content, message.assessment, ignore_unknown_fields=True)
    if opinion:
        ParseDict(opinion, message.opinion, ignore_unknown_fields=True)
    return message
