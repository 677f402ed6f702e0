"""All SQL of decisions about passages."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from kernel.db import AnySession, WriteSession
from services.privacy.requests.blackening.model import Decision, Span
from services.privacy.requests.blackening.tables import PassageDecision


async def decisions(session: AnySession, request_id: uuid.UUID) -> dict[str, Decision]:
    """Everything that was decided for a request, by passage."""
    rows = await session.execute(select(PassageDecision).where(PassageDecision.request_id == request_id))
    return {found.passage_id: found for found in map(_value, rows.scalars())}


async def add(
    session: WriteSession, request_id: uuid.UUID, decision: Decision, *, by: str, at: datetime
) -> None:
    """Notes a decision; one that stands already stays."""
    values = {
        "request_id": request_id,
        "passage": bytes.fromhex(decision.passage_id),
        "spans": [edge for span in decision.spans for edge in (span.start, span.end)],
        "reason": decision.reason,
        "decided_by": by,
        "decided_at": at,
    }
    await session.execute(insert(PassageDecision).values(values).on_conflict_do_nothing())


def _value(row: PassageDecision) -> Decision:
    edges = iter(row.spans)
    spans = tuple(Span(start, end) for start, end in zip(edges, edges, strict=True))
    return Decision(row.passage.hex(), spans, row.reason)
