"""Tables of drafts and topics; approved texts are the consent ledger's own."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, Boolean, DateTime, Integer, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped

from kernel.deletion import never
from kernel.personal import dataset, plain
from services.privacy.base import Base


class ConsentTopic(Base):
    """Whether a topic was retired; its row is what approvals of one topic queue up for."""

    __tablename__ = "consent_topic"
    topic: Mapped[str] = plain(Text, primary_key=True)
    retired_at: Mapped[datetime | None] = plain(DateTime(timezone=True))
    __table_args__ = (dataset(deletion_class=never("names of topics")),)


class ConsentDraft(Base):
    """What somebody of the staff proposes to ask; who wrote and who approved it, by the ids of their logins."""

    __tablename__ = "consent_draft"
    id: Mapped[uuid.UUID] = plain(Uuid, primary_key=True)
    topic: Mapped[str] = plain(Text)
    material: Mapped[bool] = plain(Boolean)
    effective_at: Mapped[datetime | None] = plain(DateTime(timezone=True))
    translations: Mapped[dict[str, Any]] = plain(JSONB)
    authors: Mapped[list[str]] = plain(ARRAY(Text))
    handed_in_by: Mapped[str | None] = plain(Text)
    handed_in_at: Mapped[datetime | None] = plain(DateTime(timezone=True))
    approved_by: Mapped[str | None] = plain(Text)
    approved_at: Mapped[datetime | None] = plain(DateTime(timezone=True))
    version: Mapped[int | None] = plain(Integer)
    __table_args__ = (dataset(deletion_class=never("the company's own texts; logins of staff as ids")),)
