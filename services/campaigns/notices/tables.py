"""Table of notices."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from sqlalchemy import Date, DateTime, Index, LargeBinary, SmallInteger, Uuid, text
from sqlalchemy.orm import Mapped

from kernel.deletion import LIMITATION, LIMITATION_LAW, after
from kernel.personal import Basis, Category, Purpose, dataset, personal, plain
from services.campaigns.base import Base
from services.campaigns.sender.tables import HandedOver


class NoticeMail(HandedOver, Base):
    """One mail; its id is the step's in the privacy service. The address is in no column."""

    __tablename__ = "notice_mail"
    __table_args__ = (
        Index("ix_notice_mail_open", "state", "id", postgresql_where=text("state IN ('planned', 'sending')")),
        dataset(
            deletion_class=after("sending", LIMITATION, starts="planned_at", law=LIMITATION_LAW),
            subject="contact_id",
            since="planned_at",
            evidence=True,
        ),
    )

    id: Mapped[uuid.UUID] = plain(Uuid, primary_key=True)
    # Empty for the last mail after an erasure: whom that goes to is asked for when it is sent.
    contact_id: Mapped[uuid.UUID | None] = personal(
        Uuid,
        category=Category.IDENTITY,
        purpose=Purpose.LEGAL_DUTY,
        basis=Basis.LEGAL_OBLIGATION,
        index=True,
        nullable=True,
    )
    kind: Mapped[int] = plain(SmallInteger)
    due_date: Mapped[date] = plain(Date)
    planned_at: Mapped[datetime] = plain(DateTime(timezone=True))
    # The permit that the mail rests on, and the hash of the mail as it was handed over. Of a last mail neither: a
    # hash over an address would be a trace of it.
    permit_id: Mapped[uuid.UUID | None] = plain(Uuid, nullable=True)
    mail_sha256: Mapped[bytes | None] = plain(LargeBinary, nullable=True)
