"""Table of questions about consents that end: what was asked once is not asked again."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from sqlalchemy import Date, DateTime, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped

from kernel.deletion import after, days
from kernel.personal import dataset, plain
from services.privacy.base import Base

# Longer than anybody is asked before the end.
_KEPT_DAYS = 150


class ConsentRenewal(Base):
    """That it was asked whether a consent is to go on beyond this day. Who was asked stands in the record only."""

    __tablename__ = "consent_renewal"
    id: Mapped[uuid.UUID] = plain(Uuid, primary_key=True)
    consent_id: Mapped[uuid.UUID] = plain(Uuid)
    last_day: Mapped[date] = plain(Date)
    asked_at: Mapped[datetime] = plain(DateTime(timezone=True), index=True)
    __table_args__ = (
        UniqueConstraint("consent_id", "last_day"),
        dataset(deletion_class=after("question", days(_KEPT_DAYS), starts="asked_at")),
    )
