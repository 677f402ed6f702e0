"""A copy of everything that is held about somebody (Art. 15 GDPR), from all holders, as JSON and PDF."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from kontor.privacy.v1 import holder_pb2

from kernel.outbox import emit
from services.privacy import events
from services.privacy.requests import pdf, store
from services.privacy.requests.model import SYSTEM, Controller, Identifiers, Request, State, Transition
from services.privacy.requests.report import Held, access_content, access_page, suppression_record
from services.privacy.requests.working import Desk, Waiting
from services.privacy.suppression.model import Address
from services.privacy.suppression.normalise import EMAIL, PHONE, SMS
from services.privacy.suppression.service import SuppressionService

_JSON, _PDF = 1, 2


class Access:
    """Collects, writes, hands over. Nothing is kept until every holder has answered."""

    def __init__(self, desk: Desk, *, suppression: SuppressionService, controller: Controller) -> None:
        self._desk = desk
        self._database = desk.database
        self._suppression = suppression
        self._controller = controller

    async def advance(self, request: Request) -> None:
        """As far as it goes now; a holder that is down only delays."""
        if request.state is State.ACCEPTED:
            step = Transition(State.EXECUTING, self._desk.clock.now(), SYSTEM, "collecting")
            everybody = [h.name for h in self._desk.holders]
            async with self._database.transaction() as session:
                if not await store.move(session, request.id, step, waiting_for=everybody):
                    return
        async with self._database.reading() as session:
            kept = await store.document(session, request, format=_JSON)
        if kept is not None:
            # Only the readable document is missing. What was handed out is not collected again: it holds itself.
            await self._complete(request, json.loads(kept))
            return
        waiting = Waiting()
        held = await self._collect(request, waiting)
        if waiting:
            await self._desk.wait(request, waiting)
            return
        content = access_content(request, held, self._controller, now=self._desk.clock.now())
        if await self._hand_out(request, content):
            await self._complete(request, content)

    async def _collect(self, request: Request, waiting: Waiting) -> list[Held]:
        held: list[Held] = []
        identifiers = Identifiers()
        async with waiting.unless_down(self._desk.holders[0]):
            identifiers = await self._desk.identify(request)
        if waiting:
            return held
        for holder in self._desk.holders:
            async with waiting.unless_down(holder):
                described: holder_pb2.DescribeResponse = await holder.describe()
                records = await self._desk.collect(holder, request, identifiers)
                held.append(Held(holder.name, described, records))
        if waiting:
            return held
        addresses = [Address(EMAIL, email) for email in identifiers.emails]
        addresses += [Address(by, phone) for phone in identifiers.phones for by in (PHONE, SMS)]
        entries = await self._suppression.entries_of(addresses)
        held[-1].records.extend(suppression_record(entry) for entry in entries)
        return held

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
        page = access_page(content, request.language)
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
