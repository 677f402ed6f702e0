"""Messages of campaigns, for the areas that plan, count and show them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from kernel.db import AnySession, WriteSession
from kernel.erased import erased_among
from kernel.ids import new_id
from kernel.outbox import emit
from services.campaigns import events
from services.campaigns.sender import store
from services.campaigns.sender.model import Counts, State, Which


@dataclass(frozen=True, slots=True)
class Message:
    """One contact of a frozen audience, and what became of the message."""

    id: uuid.UUID
    campaign_id: uuid.UUID
    contact_id: uuid.UUID | None
    state: State
    reason: str
    permit_id: uuid.UUID | None
    sent_at: datetime | None


class Messages:
    """Runs in the caller's session: planning is part of a freeze, counting part of a page."""

    async def plan(
        self, session: WriteSession, campaign_id: uuid.UUID, contact_ids: Sequence[uuid.UUID]
    ) -> None:
        """One planned message per contact; a contact that has one keeps that one, one erased since gets none."""
        erased = await erased_among(session, contact_ids)
        await store.plan(session, campaign_id, {one: new_id() for one in contact_ids if one not in erased})

    async def counts(self, session: AnySession, campaign_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Counts]:
        """By state and reason."""
        return await store.counts(session, campaign_ids)

    async def page(
        self,
        session: AnySession,
        campaign_id: uuid.UUID,
        *,
        which: Which,
        after: uuid.UUID | None,
        limit: int,
    ) -> list[Message]:
        """A page in the order of freezing."""
        rows = await store.page(session, campaign_id, which=which, after=after, limit=limit)
        return [_message(row) for row in rows]

    async def permitted(
        self, session: AnySession, permit_id: uuid.UUID, *, contact_id: uuid.UUID
    ) -> Message | None:
        """The message that a decision about a contact let go."""
        row = await store.permitted(session, permit_id, contact_id=contact_id)
        return _message(row) if row is not None else None

    async def find(self, session: AnySession, message_id: uuid.UUID) -> Message | None:
        """One message."""
        rows = await store.messages_of(session, [message_id])
        return _message(rows[0]) if rows else None

    async def note_sent(self, session: WriteSession, ids: set[uuid.UUID]) -> None:
        """Tells the others about messages that the relay has accepted."""
        if not ids:
            return
        facts = [
            events.message_sent(
                row.id, campaign_id=row.campaign_id, contact_id=row.contact_id, permit_id=row.permit_id
            )
            for row in await store.messages_of(session, ids)
        ]
        await emit(session, *facts)


def _message(row: Row[Any]) -> Message:
    return Message(
        id=row.id,
        campaign_id=row.campaign_id,
        contact_id=row.contact_id,
        state=State(row.state),
        reason=row.reason,
        permit_id=row.permit_id,
        sent_at=row.sent_at,
    )
