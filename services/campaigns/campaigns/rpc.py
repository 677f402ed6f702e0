"""Campaigns on the wire."""

from __future__ import annotations

import uuid
from typing import Any

from kontor.campaigns.v1 import campaigns_pb2, campaigns_pb2_grpc

from kernel.clock import to_timestamp
from kernel.pages import Pages, page_size
from services.campaigns.campaigns import model
from services.campaigns.campaigns.service import CampaignsService, Progress
from services.campaigns.sender.model import Counts, State, Which
from services.campaigns.sender.service import Message

_STATES = {
    model.State.DRAFT: campaigns_pb2.CAMPAIGN_STATE_DRAFT,
    model.State.SENDING: campaigns_pb2.CAMPAIGN_STATE_SENDING,
    model.State.FINISHED: campaigns_pb2.CAMPAIGN_STATE_FINISHED,
}
_MESSAGE_STATES = {
    State.PLANNED: campaigns_pb2.MESSAGE_STATE_PLANNED,
    State.SENDING: campaigns_pb2.MESSAGE_STATE_SENDING,
    State.SENT: campaigns_pb2.MESSAGE_STATE_SENT,
    State.DENIED: campaigns_pb2.MESSAGE_STATE_DENIED,
    State.REFUSED: campaigns_pb2.MESSAGE_STATE_REFUSED,
    State.UNCERTAIN: campaigns_pb2.MESSAGE_STATE_UNCERTAIN,
}


class CampaignsRpc(campaigns_pb2_grpc.CampaignsServicer):
    """kontor.campaigns.v1.Campaigns"""

    def __init__(self, campaigns: CampaignsService, pages: Pages) -> None:
        self._campaigns = campaigns
        self._pages = pages

    async def CreateCampaign(
        self, request: campaigns_pb2.CreateCampaignRequest, context: Any
    ) -> campaigns_pb2.Campaign:
        given = request.campaign
        draft = model.Draft(
            name=given.name,
            goal=given.goal,
            template_id=uuid.UUID(given.template_id),
            audience_id=uuid.UUID(given.audience_id),
            category=given.category,
        )
        return _to_proto(await self._campaigns.create_campaign(draft))

    async def StartCampaign(
        self, request: campaigns_pb2.StartCampaignRequest, context: Any
    ) -> campaigns_pb2.Campaign:
        return _to_proto(await self._campaigns.start_campaign(uuid.UUID(request.campaign_id)))

    async def GetCampaign(
        self, request: campaigns_pb2.GetCampaignRequest, context: Any
    ) -> campaigns_pb2.Campaign:
        return _to_proto(await self._campaigns.get_campaign(uuid.UUID(request.campaign_id)))

    async def ListCampaigns(
        self, request: campaigns_pb2.ListCampaignsRequest, context: Any
    ) -> campaigns_pb2.ListCampaignsResponse:
        size = page_size(request.page_size)
        position = self._pages.position(request)
        found = await self._campaigns.list_campaigns(
            after=uuid.UUID(position[0]) if position else None, limit=size + 1
        )
        answer = campaigns_pb2.ListCampaignsResponse(campaigns=[_to_proto(one) for one in found[:size]])
        if len(found) > size:
            answer.next_page_token = self._pages.token(request, [str(found[size - 1].campaign.id)])
        return answer

    async def ListMessages(
        self, request: campaigns_pb2.ListMessagesRequest, context: Any
    ) -> campaigns_pb2.ListMessagesResponse:
        size = page_size(request.page_size, default=100)
        position = self._pages.position(request)
        found = await self._campaigns.list_messages(
            uuid.UUID(request.campaign_id),
            Which(
                tuple(ours for ours, theirs in _MESSAGE_STATES.items() if theirs in request.states),
                request.reason,
            ),
            after=uuid.UUID(position[0]) if position else None,
            limit=size,
        )
        answer = campaigns_pb2.ListMessagesResponse(messages=[_message(one) for one in found[:size]])
        if len(found) > size:
            answer.next_page_token = self._pages.token(request, [str(found[size - 1].id)])
        return answer

    async def GetPermittedMessage(
        self, request: campaigns_pb2.GetPermittedMessageRequest, context: Any
    ) -> campaigns_pb2.Message:
        found = await self._campaigns.get_permitted_message(
            uuid.UUID(request.permit_id), contact_id=uuid.UUID(request.contact_id)
        )
        return _message(found)


def _to_proto(progress: Progress) -> campaigns_pb2.Campaign:
    campaign = progress.campaign
    return campaigns_pb2.Campaign(
        id=str(campaign.id),
        name=campaign.draft.name,
        goal=campaign.draft.goal,
        template_id=str(campaign.draft.template_id),
        audience_id=str(campaign.draft.audience_id),
        category=campaign.draft.category,
        state=_STATES[campaign.state],
        counts=_counts(progress.counts),
        create_time=to_timestamp(campaign.created_at),
        start_time=to_timestamp(campaign.started_at),
        finish_time=to_timestamp(campaign.finished_at),
    )


def _counts(counts: Counts) -> campaigns_pb2.CampaignCounts:
    return campaigns_pb2.CampaignCounts(
        audience=counts.total,
        planned=counts.of(State.PLANNED),
        sending=counts.of(State.SENDING),
        sent=counts.of(State.SENT),
        denied=counts.of(State.DENIED),
        refused=counts.of(State.REFUSED),
        uncertain=counts.of(State.UNCERTAIN),
        reasons=[
            campaigns_pb2.ReasonCount(reason=reason, count=count)
            for reason, count in sorted(counts.by_reason.items())
        ],
    )


def _message(message: Message) -> campaigns_pb2.Message:
    return campaigns_pb2.Message(
        id=str(message.id),
        contact_id=str(message.contact_id or ""),
        state=_MESSAGE_STATES[message.state],
        reason=message.reason,
        permit_id=str(message.permit_id or ""),
        send_time=to_timestamp(message.sent_at),
        campaign_id=str(message.campaign_id),
    )
