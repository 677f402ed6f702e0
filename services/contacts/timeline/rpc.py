"""The timeline's part of `kontor.contacts.v1.Contacts`: messages to values and back."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from kontor.contacts.v1 import contacts_pb2

from kernel.clock import to_timestamp
from kernel.pages import Pages, page_size
from kernel.rpc.call import current_principal
from services.contacts.timeline.service import TimelineService


class TimelineRpc:
    """Handlers of the timeline's RPCs."""

    def __init__(self, service: TimelineService, pages: Pages) -> None:
        self._timeline = service
        self._pages = pages

    async def ListTimeline(
        self, request: contacts_pb2.ListTimelineRequest, context: Any
    ) -> contacts_pb2.ListTimelineResponse:
        position = self._pages.position(request)
        size = page_size(request.page_size)
        found = await self._timeline.list_timeline(
            uuid.UUID(request.contact_id),
            with_internal=not current_principal().is_customer_only,
            after=(datetime.fromisoformat(position[0]), uuid.UUID(position[1])) if position else None,
            limit=size,
        )
        shown = found[:size]
        answer = contacts_pb2.ListTimelineResponse()
        for entry in shown:
            answer.entries.add(
                id=str(entry.fact_id),
                happen_time=to_timestamp(entry.happened_at),
                kind=entry.kind,
                reference_id=entry.reference_id,
            )
        if len(found) > size:
            last = shown[-1]
            answer.next_page_token = self._pages.token(
                request, [last.happened_at.isoformat(), str(last.fact_id)]
            )
        return answer
