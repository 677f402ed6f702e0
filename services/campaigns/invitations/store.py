"""All SQL of invitation mails."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from kernel.db import AnySession, WriteSession
from services.campaigns.invitations.tables import InvitationMail
from services.campaigns.sender.model import State

# What may have arrived keeps its link: it is not told as failed.
_FAILED = (State.DENIED, State.REFUSED)


async def plan(
    session: WriteSession, invitation_id: uuid.UUID, *, contact_id: uuid.UUID, at: datetime
) -> None:
    """Plans the mail of an invitation, once."""
    row = {"id": invitation_id, "contact_id": contact_id, "planned_at": at, "state": State.PLANNED}
    await session.execute(insert(InvitationMail).values(row).on_conflict_do_nothing())


async def keep_permits(
    session: WriteSession, permits: Mapping[uuid.UUID, uuid.UUID], ids: Iterable[uuid.UUID]
) -> None:
    """Notes on which permit each mail rests, before it is handed over."""
    for mail_id in ids:
        statement = update(InvitationMail).where(InvitationMail.id == mail_id)
        await session.execute(statement.values(permit_id=permits[mail_id]))


async def failed(session: AnySession, *, limit: int) -> list[tuple[uuid.UUID, str]]:
    """Mails that did not go out and of which contacts does not know, with the reason."""
    query = (
        select(InvitationMail.id, InvitationMail.state, InvitationMail.reason)
        .where(InvitationMail.state.in_(_FAILED), InvitationMail.told.is_(False))
        .order_by(InvitationMail.id)
        .limit(limit)
    )
    return [(row.id, row.reason or row.state) for row in await session.execute(query)]


async def told(session: WriteSession, mail_id: uuid.UUID) -> None:
    """Contacts knows."""
    await session.execute(update(InvitationMail).where(InvitationMail.id == mail_id).values(told=True))
