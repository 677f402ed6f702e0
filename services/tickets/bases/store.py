"""All SQL of bases: one walk along the index by contact."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy import select

from kernel.db import AnySession
from services.tickets.tickets.tables import TicketRow


async def customers(session: AnySession, *, after: uuid.UUID, limit: int) -> Sequence[uuid.UUID]:
    """Whoever has a ticket, behind this one; the ticket itself goes when its deletion class ends."""
    contact = TicketRow.contact_id
    statement = select(contact).where(contact > after).distinct().order_by(contact).limit(limit)
    return [found for found in (await session.execute(statement)).scalars() if found is not None]
