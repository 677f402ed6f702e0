"""How a request ends: the last step, in the transaction of what it did."""

from __future__ import annotations

from datetime import datetime

from kernel.db import WriteSession
from kernel.outbox import emit
from services.privacy import events
from services.privacy.requests import store
from services.privacy.requests.model import Request, State, Transition


async def complete(session: WriteSession, request: Request, actor: str, reason: str, *, at: datetime) -> bool:
    """Completes a request; false if it has ended meanwhile."""
    step = Transition(State.COMPLETED, at, actor, reason)
    if not await store.move(session, request.id, step, completed_at=at, **store.MOVING):
        return False
    await emit(
        session,
        events.request_completed(request_id=request.id, contact_id=request.contact_id, kind=request.kind),
    )
    return True


async def end(session: WriteSession, request: Request, step: Transition) -> None:
    """Ends a request without doing what it asks for: refused, or withdrawn."""
    await store.move(session, request.id, step, completed_at=step.at, **store.MOVING)
