"""Audiences on the wire."""

from __future__ import annotations

import uuid
from typing import Any

from kontor.campaigns.v1 import campaigns_pb2, campaigns_pb2_grpc
from kontor.contacts.v1 import contacts_pb2

from kernel.clock import to_timestamp
from kernel.pages import Pages, page_size
from services.campaigns.audiences.model import Audience, Draft, Filter
from services.campaigns.audiences.service import AudiencesService


class AudiencesRpc(campaigns_pb2_grpc.AudiencesServicer):
    """kontor.campaigns.v1.Audiences"""

    def __init__(self, audiences: AudiencesService, pages: Pages) -> None:
        self._audiences = audiences
        self._pages = pages

    async def CreateAudience(
        self, request: campaigns_pb2.CreateAudienceRequest, context: Any
    ) -> campaigns_pb2.Audience:
        return _to_proto(await self._audiences.create_audience(_draft(request.audience)))

    async def ListAudiences(
        self, request: campaigns_pb2.ListAudiencesRequest, context: Any
    ) -> campaigns_pb2.ListAudiencesResponse:
        size = page_size(request.page_size)
        position = self._pages.position(request)
        found = await self._audiences.list_audiences(
            after=uuid.UUID(position[0]) if position else None, limit=size + 1
        )
        answer = campaigns_pb2.ListAudiencesResponse(audiences=[_to_proto(one) for one in found[:size]])
        if len(found) > size:
            answer.next_page_token = self._pages.token(request, [str(found[size - 1].id)])
        return answer

    async def PreviewAudience(
        self, request: campaigns_pb2.PreviewAudienceRequest, context: Any
    ) -> campaigns_pb2.PreviewAudienceResponse:
        forecast = await self._audiences.preview_audience(
            uuid.UUID(request.audience_id), category=request.category
        )
        return campaigns_pb2.PreviewAudienceResponse(
            contacts=forecast.contacts,
            permitted=forecast.permitted,
            denied=[
                campaigns_pb2.ReasonCount(reason=reason, count=count)
                for reason, count in forecast.denied.most_common()
            ],
        )


def _draft(audience: campaigns_pb2.Audience) -> Draft:
    given = audience.filter
    return Draft(
        name=audience.name,
        topic=audience.topic,
        filter=Filter(
            city=given.city,
            country=given.country,
            language=given.language,
            organisation_id=given.organisation_id,
            source=given.source,
            with_email=given.with_email,
        ),
    )


def _to_proto(audience: Audience) -> campaigns_pb2.Audience:
    chosen = audience.draft.filter
    return campaigns_pb2.Audience(
        id=str(audience.id),
        name=audience.draft.name,
        topic=audience.draft.topic,
        filter=contacts_pb2.ContactFilter(
            city=chosen.city,
            country=chosen.country,
            language=chosen.language,
            organisation_id=chosen.organisation_id,
            source=chosen.source,
            with_email=chosen.with_email,
        ),
        create_time=to_timestamp(audience.created_at),
    )
