"""All SQL of mails about askings."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy.dialects.postgresql import insert

from kernel.db import WriteSession
from services.campaigns.askings.model import Kind
from services.campaigns.askings.tables import AskingMail
from services.campaigns.sender.model import State


async def plan(
    session: WriteSession, mail_id: uuid.UUID, *, asking_id: uuid.UUID, kind: Kind, at: datetime
) -> None:
    """Plans a mail, once."""
    row = {"id": mail_id, "asking_id": asking_id, "kind": kind, "planned_at": at, "state": State.PLANNED}
    await session.execute(insert(AskingMail).values(row).on_conflict_do_nothing())
