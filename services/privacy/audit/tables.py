"""What is kept of unusual accesses, and of contacts that are watched over."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from sqlalchemy import Date, DateTime, Index, Integer, SmallInteger, Text, Uuid, text
from sqlalchemy.orm import Mapped

from kernel.deletion import LIMITATION, LIMITATION_LAW, after, years
from kernel.personal import Basis, Category, Erase, Purpose, dataset, of_staff, personal, plain
from services.privacy.base import Base


class AccessAlert(Base):
    """An access that looked unusual. It is about a member of staff, and stays when the contact goes."""

    __tablename__ = "access_alert"
    id: Mapped[uuid.UUID] = plain(Uuid, primary_key=True)
    rule: Mapped[int] = plain(SmallInteger)
    actor: Mapped[str] = of_staff(
        personal(
            Text,
            category=Category.BEHAVIOUR,
            purpose=Purpose.SECURITY,
            basis=Basis.LEGAL_OBLIGATION,
            on_erasure=Erase.KEEP_RESTRICTED,
            law="Art. 5(2) GDPR",
            keep_years=3,
        )
    )
    contact_id: Mapped[uuid.UUID | None] = plain(Uuid, index=True)
    day: Mapped[date] = plain(Date)
    count: Mapped[int] = plain(Integer)
    usual: Mapped[int] = plain(Integer)
    created_at: Mapped[datetime] = plain(DateTime(timezone=True))
    judgement: Mapped[int] = plain(SmallInteger)
    judged_by: Mapped[str] = plain(Text)
    judged_at: Mapped[datetime | None] = plain(DateTime(timezone=True))
    __table_args__ = (
        # The same thing found again by the next run is the same alert.
        Index(
            "uq_access_alert_found",
            "rule",
            "actor",
            "contact_id",
            "day",
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
        Index(None, "created_at", "id"),
        Index("ix_access_alert_open", "created_at", postgresql_where=text("judgement = 0")),
        dataset(
            deletion_class=after("alert", LIMITATION, starts="created_at", law=LIMITATION_LAW),
            subject="contact_id",
            since="created_at",
            evidence=True,
        ),
    )


class WatchedContact(Base):
    """A contact of whom somebody might be curious."""

    __tablename__ = "watched_contact"
    contact_id: Mapped[uuid.UUID] = plain(Uuid, primary_key=True)
    created_at: Mapped[datetime] = plain(DateTime(timezone=True))
    __table_args__ = (
        dataset(
            deletion_class=after("mark", years(3), starts="created_at"),
            subject="contact_id",
            since="created_at",
        ),
    )
