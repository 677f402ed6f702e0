"""Table of decisions about passages."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, DateTime, ForeignKey, Integer, LargeBinary, Text
from sqlalchemy.orm import Mapped, MappedColumn

from kernel.deletion import LIMITATION, LIMITATION_LAW, after
from kernel.personal import Basis, Category, Erase, Purpose, dataset, personal, plain
from services.privacy.base import Base


def _proof(kind: Any, category: Category = Category.TRANSACTION) -> MappedColumn[Any]:
    """A column that proves what was kept from the person, and why."""
    return personal(
        kind,
        category=category,
        purpose=Purpose.LEGAL_DUTY,
        basis=Basis.LEGAL_OBLIGATION,
        on_erasure=Erase.KEEP_RESTRICTED,
        law="Art. 5(2) GDPR",
        keep_years=3,
    )


class PassageDecision(Base):
    """What was decided about one text: who, when, which spans, why. The text is not here."""

    __tablename__ = "passage_decision"
    request_id: Mapped[uuid.UUID] = plain(ForeignKey("subject_request.id"), primary_key=True)
    # SHA-256 over request, place and text.
    passage: Mapped[bytes] = plain(LargeBinary, primary_key=True)
    # Starts and ends in turn.
    spans: Mapped[list[int]] = _proof(ARRAY(Integer))
    reason: Mapped[str] = _proof(Text)
    # The login of who decided: staff, not the subject.
    decided_by: Mapped[str] = _proof(Text, Category.IDENTITY)
    decided_at: Mapped[datetime] = _proof(DateTime(timezone=True))
    __table_args__ = (
        dataset(
            deletion_class=after(
                "completion", LIMITATION, starts="request_id -> subject_request", law=LIMITATION_LAW
            ),
            subject="request_id -> subject_request",
            since="decided_at",
            evidence=True,
        ),
    )
