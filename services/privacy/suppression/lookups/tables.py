"""Looks at the list. Without the address, and without its hash: that would be a list of whom somebody was after."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import Boolean, DateTime, Index, SmallInteger, Text, Uuid
from sqlalchemy.orm import Mapped

from kernel.deletion import LIMITATION, LIMITATION_LAW, after
from kernel.personal import Basis, Category, Erase, Purpose, dataset, of_staff, personal, plain
from services.privacy.base import Base


class SuppressionLookUp(Base):
    """One look: who, when, why, and what was answered."""

    __tablename__ = "suppression_look_up"
    id: Mapped[uuid.UUID] = plain(Uuid, primary_key=True)
    looked_at: Mapped[datetime] = plain(DateTime(timezone=True))
    actor: Mapped[str] = of_staff(
        personal(
            Text,
            category=Category.IDENTITY,
            purpose=Purpose.LEGAL_DUTY,
            basis=Basis.LEGAL_OBLIGATION,
            on_erasure=Erase.KEEP_RESTRICTED,
            law="Art. 5(2) GDPR",
            keep_years=3,
        )
    )
    reason: Mapped[str] = plain(Text)
    channel: Mapped[int] = plain(SmallInteger)
    suppressed: Mapped[bool] = plain(Boolean)
    __table_args__ = (
        Index(None, "looked_at", "id"),
        Index(None, "actor", "looked_at"),
        dataset(
            deletion_class=after("look", LIMITATION, starts="looked_at", law=LIMITATION_LAW),
            since="looked_at",
        ),
    )
