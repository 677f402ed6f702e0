"""What the last survey found: who has no basis, and when everybody was asked."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import BigInteger, DateTime, Index, SmallInteger, Text, Uuid
from sqlalchemy.orm import Mapped

from kernel.deletion import never, when_done
from kernel.personal import Basis, Category, Purpose, dataset, personal, plain
from services.privacy.base import Base


class WithoutBasis(Base):
    """A contact that nothing permits to hold; gone with the survey that finds a basis, or no contact."""

    __tablename__ = "without_basis"
    contact_id: Mapped[uuid.UUID] = plain(Uuid, primary_key=True)
    why: Mapped[str] = personal(
        Text, category=Category.PREFERENCE, purpose=Purpose.LEGAL_DUTY, basis=Basis.LEGAL_OBLIGATION
    )
    source: Mapped[str] = plain(Text)
    created_at: Mapped[datetime] = plain(DateTime(timezone=True))
    found_at: Mapped[datetime] = plain(DateTime(timezone=True))
    # The number of the last survey that found it: clocks may go back, numbers do not.
    survey: Mapped[int] = plain(BigInteger)
    __table_args__ = (
        Index(None, "created_at", "contact_id"),
        dataset(
            deletion_class=when_done("the next survey that finds a basis, or no contact", done_by="bases"),
            subject="contact_id",
            since="found_at",
        ),
    )


class BasisSurvey(Base):
    """One row: the last survey, and when it was."""

    __tablename__ = "basis_survey"
    id: Mapped[int] = plain(SmallInteger, primary_key=True)
    number: Mapped[int] = plain(BigInteger)
    surveyed_at: Mapped[datetime] = plain(DateTime(timezone=True))
    __table_args__ = (dataset(deletion_class=never("one row, a number and a time")),)
