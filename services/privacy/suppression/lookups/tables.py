"""Looks at the list. Without the address, and without its hash: that would be a list of whom somebody was after."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import Boolean, DateTime, Index, SmallInteger, Text, Uuid
from sqlalchemy.orm import Mapped

from kernel.deletion import LIMITATION, LIMITATION_LAW, after
from kernel.personal import dataset, plain
from services.privacy.base import Base


class SuppressionLookUp(Base):
    """One look: who, when, why, and what was answered."""

    __tablename__ = "suppression_look_up"
    id: Mapped[uuid.UUID] = plain(Uuid, primary_key=True)
    looked_at: Mapped[datetime] = plain(DateTime(timezone=True))
    # The login of a member of staff, as an id.
    actor: Mapped[str] = plain(Text)
    reason: Mapped[str] = plain(Text)
    channel: Mapped[int] = plain(SmallInteger)
    suppressed: Mapped[bool] = plain(Boolean)
    __table_args__ = (
        Index(None, "looked_at", "id"),
        Index(None, "actor", "looked_at"),
        dataset(
            deletion_class=after("entry", LIMITATION, starts="looked_at", law=LIMITATION_LAW),
            since="looked_at",
        ),
    )
