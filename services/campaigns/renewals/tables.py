"""Table of mails that ask for a renewal."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from sqlalchemy import Date, DateTime, Index, LargeBinary, Text, Uuid, text
from sqlalchemy.orm import Mapped

from kernel.deletion import after, days
from kernel.personal import Category, Purpose, dataset, personal, plain
from services.campaigns.base import Base
from services.campaigns.sender.tables import HandedOver

# Longer than anybody is asked before the end of a consent: the link works until then.
KEPT_DAYS = 120


class RenewalMail(HandedOver, Base):
    """One mail; its id is the question's in the privacy service. Address and link are in no column."""

    __tablename__ = "renewal_mail"
    __table_args__ = (
        Index(
            "ix_renewal_mail_open", "state", "id", postgresql_where=text("state IN ('planned', 'sending')")
        ),
        dataset(
            deletion_class=after("question", days(KEPT_DAYS), starts="planned_at"),
            subject="contact_id",
            since="planned_at",
        ),
    )

    id: Mapped[uuid.UUID] = plain(Uuid, primary_key=True)
    contact_id: Mapped[uuid.UUID] = personal(
        Uuid, category=Category.IDENTITY, purpose=Purpose.MARKETING, provided=False, index=True
    )
    topic: Mapped[str] = plain(Text)
    last_day: Mapped[date] = plain(Date)
    planned_at: Mapped[datetime] = plain(DateTime(timezone=True))
    # The permit that the mail rests on, and the hashes of the mail and of the token in its link as handed over.
    permit_id: Mapped[uuid.UUID | None] = plain(Uuid, nullable=True)
    mail_sha256: Mapped[bytes | None] = plain(LargeBinary, nullable=True)
    token_sha256: Mapped[bytes | None] = plain(LargeBinary, nullable=True)
    # The first click counts; a repeated one must bring the same evidence.
    answered_at: Mapped[datetime | None] = plain(DateTime(timezone=True), nullable=True)
