"""The tables of all registers: versions that are only ever added, each of which says who made it."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, DateTime, Index, Integer, Text, UniqueConstraint, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped

from kernel.deletion import never
from kernel.personal import dataset, plain
from services.privacy.base import Base


class RegisterVersion(Base):
    """One version of one entry; the database refuses every change to it."""

    __tablename__ = "register_version"
    id: Mapped[uuid.UUID] = plain(Uuid, primary_key=True)
    entry_id: Mapped[uuid.UUID] = plain(Uuid)
    register: Mapped[str] = plain(Text)
    version: Mapped[int] = plain(Integer)
    # About companies, measures and facts: the pages ask for offices and numbers, and for nobody's name.
    content: Mapped[dict[str, Any]] = plain(JSONB)
    # The login of a member of staff, as in the audit.
    changed_by: Mapped[str] = plain(Text)
    changed_at: Mapped[datetime] = plain(DateTime(timezone=True))
    retired: Mapped[bool] = plain(Boolean)
    __table_args__ = (
        UniqueConstraint("entry_id", "version"),
        Index(None, "register", "entry_id", "version"),
        dataset(
            deletion_class=never("nobody's data; proof of accountability, Art. 5(2) GDPR"),
            since="changed_at",
        ),
    )
