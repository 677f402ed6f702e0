"""Tables of the timeline area."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import Boolean, DateTime, ForeignKey, Index, Text, Uuid
from sqlalchemy.orm import Mapped

from kernel.deletion import with_the
from kernel.personal import Basis, Category, Purpose, dataset, personal, plain
from services.contacts.base import Base


class TimelineEntry(Base):
    """One fact about a contact. The fact's own id is the key: told twice, it stands here once."""

    __tablename__ = "timeline_entry"

    fact_id: Mapped[uuid.UUID] = plain(Uuid, primary_key=True)
    contact_id: Mapped[uuid.UUID] = plain(Uuid, ForeignKey("contact.id", ondelete="CASCADE"))
    happened_at: Mapped[datetime] = plain(DateTime(timezone=True))
    # The fact's type; that it happened to this person is what is personal about it.
    kind: Mapped[str] = personal(
        Text,
        category=Category.BEHAVIOUR,
        purpose=Purpose.SERVICE,
        basis=Basis.LEGITIMATE_INTEREST,
    )
    reference_id: Mapped[str] = plain(Text)
    # Staff's own business (an internal message): customers do not see it.
    internal: Mapped[bool] = plain(Boolean, server_default="false")

    __table_args__ = (
        Index("ix_timeline_entry_newest", "contact_id", "happened_at", "fact_id"),
        dataset(deletion_class=with_the("contact"), subject="contact_id", since="happened_at"),
    )
