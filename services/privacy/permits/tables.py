"""Every decision about a message, permitted or denied."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, DateTime, Index, SmallInteger, Text, Uuid
from sqlalchemy.orm import Mapped, MappedColumn

from kernel.deletion import LIMITATION, LIMITATION_LAW, after
from kernel.personal import Automated, Basis, Category, Erase, Purpose, dataset, personal, plain
from services.privacy.base import Base


def _accountable(kind: Any) -> MappedColumn[Any]:
    """Kept restricted: the controller must be able to show on what each message rested."""
    return personal(
        kind,
        category=Category.PREFERENCE,
        purpose=Purpose.LEGAL_DUTY,
        basis=Basis.LEGAL_OBLIGATION,
        on_erasure=Erase.KEEP_RESTRICTED,
        law="Art. 5(2) GDPR",
        keep_years=3,
    )


class PermitDecision(Base):
    """One decision; the message that rests on it stores its id."""

    __tablename__ = "permit_decision"
    id: Mapped[uuid.UUID] = plain(Uuid, primary_key=True)
    contact_id: Mapped[uuid.UUID] = plain(Uuid)
    topic: Mapped[str] = _accountable(Text)
    channel: Mapped[int] = plain(SmallInteger)
    permitted: Mapped[bool] = _accountable(Boolean)
    reason: Mapped[str] = _accountable(Text)
    consent_id: Mapped[uuid.UUID | None] = plain(Uuid)
    batch_id: Mapped[uuid.UUID] = plain(Uuid)
    sale_id: Mapped[uuid.UUID | None] = plain(Uuid, nullable=True)
    decided_at: Mapped[datetime] = _accountable(DateTime(timezone=True))
    __table_args__ = (
        # What is overdue is found without reading what is not.
        Index(None, "decided_at"),
        # A person's decisions come in their order, however many others were made meanwhile.
        Index(None, "contact_id", "decided_at", "id"),
        Index(None, "batch_id"),
        dataset(
            deletion_class=after("decision", LIMITATION, starts="decided_at", law=LIMITATION_LAW),
            subject="contact_id",
            since="decided_at",
            evidence=True,
            automated=Automated("permit"),
        ),
    )
