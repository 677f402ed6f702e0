"""What a subject has provided, to take along (Art. 20 GDPR): collected from all holders, handed out in three forms."""

from __future__ import annotations

import asyncio
from typing import Any

from kernel.outbox import emit
from services.privacy import events
from services.privacy.requests import store
from services.privacy.requests.blackening.service import BlackeningService
from services.privacy.requests.collecting import begin, collect_everything
from services.privacy.requests.model import SYSTEM, Controller, Request, State, Transition
from services.privacy.requests.portable import as_json, portable_content, portable_csv, portable_vcard
from services.privacy.requests.working import Desk

# As on the wire (DocumentFormat).
_JSON, _CSV, _VCARD = 1, 3, 4


class Portability:
    """Nothing is kept until every holder has answered; then all forms at once, because they are one answer."""

    def __init__(self, desk: Desk, *, controller: Controller, blackening: BlackeningService) -> None:
        self._desk = desk
        self._blackening = blackening
        self._controller = controller

    async def advance(self, request: Request) -> None:
        """As far as it goes now; a holder that is down only delays."""
        if not await begin(self._desk, request):
            return
        collected = await collect_everything(self._desk, request)
        if collected is None or await self._blackening.blacken(request, collected) is None:
            return
        now = self._desk.clock.now()
        content = portable_content(request, collected.held, self._controller, now=now)
        forms = await asyncio.to_thread(_forms, content)
        async with self._desk.database.transaction() as session:
            step = Transition(State.COMPLETED, now, SYSTEM, "answered")
            if not await store.move(session, request.id, step, completed_at=now, **store.MOVING):
                return
            for form, document in forms.items():
                await store.add_document(session, request, format=form, content=document, at=now)
            await emit(
                session,
                events.request_completed(
                    request_id=request.id, contact_id=request.contact_id, kind=request.kind
                ),
            )


def _forms(content: dict[str, Any]) -> dict[int, bytes]:
    return {_JSON: as_json(content), _CSV: portable_csv(content), _VCARD: portable_vcard(content)}
