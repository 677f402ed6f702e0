"""The table of legal holds."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from sqlalchemy import Date, DateTime, Index, Text, Uuid, text
from sqlalchemy.orm import Mapped

from kernel.deletion import LIMITATION, LIMITATION_LAW, after
from kernel.personal import Basis, Category, Erase, Purpose, dataset, personal, plain
from services.privacy.base import Base


class LegalHold(Base):
    """That somebody's data had to stay, and why; kept as long as one may be asked about it."""

    __tablename__ = "legal_hold"
    id: Mapped[uuid.UUID] = plain(Uuid, primary_key=True)
    contact_id: Mapped[uuid.UUID] = plain(Uuid)
    reason: Mapped[str] = personal(
        Text,
        category=Category.TRANSACTION,
        purpose=Purpose.LEGAL_DUTY,
        basis=Basis.LEGAL_OBLIGATION,
        on_erasure=Erase.KEEP_RESTRICTED,
        law="Art. 5(2) GDPR",
        keep_years=3,
    )
    review_on: Mapped[date] = plain(Date)
    placed_at: Mapped[datetime] = plain(DateTime(timezone=True))
    released_at: Mapped[datetime | None] = plain(DateTime(timezone=True), nullable=True)
    __table_args__ = (
        Index(
            "uq_legal_hold_in_force", "contact_id", unique=True, postgresql_where=text("released_at IS NULL")
        ),
        Index(None, "contact_id"),
        dataset(
            deletion_class=after("release", LIMITATION, starts="released_at", law=LIMITATION_LAW),
            subject="contact_id",
            since="placed_at",
            evidence=True,
        ),
    )
