"""A copy of everything that is held about somebody (Art. 15 GDPR), from all holders, as JSON and PDF."""

from __future__ import annotations

import asyncio
import json
from datetime import tzinfo
from typing import Any

from kernel.outbox import emit
from services.privacy import events
from services.privacy.requests import pdf, store
from services.privacy.requests.blackening.service import Blackened, BlackeningService
from services.privacy.requests.collecting import Collected, begin, collect_everything
from services.privacy.requests.model import SYSTEM, Controller, Request, State, Transition
from services.privacy.requests.recipients import Recipients
from services.privacy.requests.report import (
    VERSION,
    Company,
    access_content,
    access_page,
    suppression_record,
)
from services.privacy.requests.wording import words
from services.privacy.requests.working import Desk, addresses_of
from services.privacy.suppression.service import SuppressionService

_JSON, _PDF = 1, 2


class Access:
    """Collects, writes, hands over. Nothing is kept until every holder has answered."""

    def __init__(
        self,
        desk: Desk,
        *,
        suppression: SuppressionService,
        controller: Controller,
        recipients: Recipients,
        blackening: BlackeningService,
        zone: tzinfo,
    ) -> None:
        self._desk = desk
        self._database = desk.database
        self._suppression = suppression
        self._controller = controller
        self._recipients = recipients
        self._blackening = blackening
        self._zone = zone

    async def advance(self, request: Request) -> None:
        """As far as it goes now; a holder that is down only delays."""
        if not await begin(self._desk, request):
            return
        async with self._database.reading() as session:
            kept = await store.document(session, request, format=_JSON)
        content = json.loads(kept) if kept is not None else {}
        # Of another version: the process was replaced by a newer one in between, whose document says more.
        if content.get("version") == VERSION:
            # Only the readable document is missing. What was handed out is not collected again: it holds itself.
            await self._complete(request, content)
            return
        collected = await collect_everything(self._desk, request)
        if collected is None:
            return
        kept_from = await self._blackening.blacken(request, collected)
        if kept_from is None:
            return
        await self._add_suppressions(collected)
        async with self._database.reading() as session:
            company = Company(self._controller, await self._recipients(session))
        content = access_content(request, collected.held, company, now=self._desk.clock.now())
        content["blackened"] = _said_of(kept_from, request.language)
        if await self._hand_out(request, content):
            await self._complete(request, content)

    async def _add_suppressions(self, collected: Collected) -> None:
        entries = await self._suppression.entries_of(addresses_of(collected.identifiers))
        collected.held[-1].records.extend(suppression_record(entry) for entry in entries)

    async def _hand_out(self, request: Request, content: dict[str, Any]) -> bool:
        """Keeps the file by itself: it is the answer, too, even if the readable document fails."""
        text = json.dumps(content, ensure_ascii=False, indent=1)
        async with self._database.transaction() as session:
            if not await store.change(session, request.id, waiting_for=[]):
                return False
            now = self._desk.clock.now()
            await store.add_document(session, request, format=_JSON, content=text.encode(), at=now)
        return True

    async def _complete(self, request: Request, content: dict[str, Any]) -> None:
        now = self._desk.clock.now()
        page = access_page(content, request.language, self._zone)
        document = await asyncio.to_thread(pdf.render, "access", page, language=request.language, now=now)
        async with self._database.transaction() as session:
            step = Transition(State.COMPLETED, now, SYSTEM, "answered")
            if not await store.move(session, request.id, step, completed_at=now, **store.MOVING):
                return
            await store.add_document(session, request, format=_PDF, content=document, at=now)
            await emit(
                session,
                events.request_completed(
                    request_id=request.id, contact_id=request.contact_id, kind=request.kind
                ),
            )


def _said_of(kept_from: Blackened, language: str) -> dict[str, Any]:
    """That something is missing, how much, and why; nothing where nothing is."""
    said = words(language)["answers"]["blackened"] if kept_from.spans else ""
    text = said.format(spans=kept_from.spans, texts=kept_from.texts)
    return {"spans": kept_from.spans, "texts": kept_from.texts, "text": text}
