"""Table of campaigns."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import DateTime, ForeignKey, Index, Text, Uuid, text
from sqlalchemy.orm import Mapped

from kernel.deletion import never
from kernel.personal import dataset, plain
from services.campaigns.base import Base


class Campaign(Base):
    """One planned communication. Its messages are rows of their own."""

    __tablename__ = "campaign"
    __table_args__ = (
        Index("ix_campaign_sending", "id", postgresql_where=text("state = 'sending'")),
        dataset(deletion_class=never("its messages go with their contacts")),
    )

    id: Mapped[uuid.UUID] = plain(Uuid, primary_key=True)
    name: Mapped[str] = plain(Text)
    goal: Mapped[str] = plain(Text, server_default="")
    template_id: Mapped[uuid.UUID] = plain(Uuid, ForeignKey("template.id"))
    audience_id: Mapped[uuid.UUID] = plain(Uuid, ForeignKey("audience.id"))
    topic: Mapped[str] = plain(Text)
    category: Mapped[str] = plain(Text, server_default="")
    state: Mapped[str] = plain(Text)
    created_at: Mapped[datetime] = plain(DateTime(timezone=True), server_default=text("now()"))
    started_at: Mapped[datetime | None] = plain(DateTime(timezone=True), nullable=True)
    # Where the freezing of the audience goes on after a kill; written with each page of messages.
    freeze_cursor: Mapped[str] = plain(Text, server_default="")
    frozen_at: Mapped[datetime | None] = plain(DateTime(timezone=True), nullable=True)
    finished_at: Mapped[datetime | None] = plain(DateTime(timezone=True), nullable=True)
