"""Links on the wire."""

from __future__ import annotations

import uuid
from typing import Any

from kontor.campaigns.v1 import campaigns_pb2, campaigns_pb2_grpc

from kernel.clock import to_timestamp
from services.campaigns.links.service import Choice, LinksService, Preferences


class LinksRpc(campaigns_pb2_grpc.LinksServicer):
    """kontor.campaigns.v1.Links"""

    def __init__(self, links: LinksService) -> None:
        self._links = links

    async def Unsubscribe(
        self, request: campaigns_pb2.UnsubscribeRequest, context: Any
    ) -> campaigns_pb2.UnsubscribeResponse:
        return campaigns_pb2.UnsubscribeResponse(topic=await self._links.unsubscribe(request.token))

    async def GetPreferences(
        self, request: campaigns_pb2.GetPreferencesRequest, context: Any
    ) -> campaigns_pb2.Preferences:
        return _to_proto(await self._links.get_preferences(request.token))

    async def SetPreference(
        self, request: campaigns_pb2.SetPreferenceRequest, context: Any
    ) -> campaigns_pb2.Preferences:
        # Without the text that was shown there is nothing to agree to: an unknown id is an outdated text.
        shown = uuid.UUID(request.text_id) if request.text_id else uuid.UUID(int=0)
        choice = Choice(request.topic, request.language, text_id=shown if request.subscribed else None)
        preferences = await self._links.set_preference(
            request.token, choice, request_id=uuid.UUID(request.request_id)
        )
        return _to_proto(preferences)


def _to_proto(preferences: Preferences) -> campaigns_pb2.Preferences:
    return campaigns_pb2.Preferences(
        topics=[
            campaigns_pb2.TopicPreference(
                topic=one.topic,
                subscribed=one.subscribed,
                since=to_timestamp(one.since),
                refused=one.refused,
            )
            for one in preferences.topics
        ],
        language=preferences.language,
    )
