"""Table of audiences."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import Boolean, DateTime, Text, Uuid, text
from sqlalchemy.orm import Mapped

from kernel.deletion import never
from kernel.personal import dataset, plain
from services.campaigns.base import Base


class Audience(Base):
    """A filter over contacts and the topic that their consent must cover."""

    __tablename__ = "audience"
    __table_args__ = (dataset(deletion_class=never("a question about contacts, without their data")),)

    id: Mapped[uuid.UUID] = plain(Uuid, primary_key=True)
    name: Mapped[str] = plain(Text)
    topic: Mapped[str] = plain(Text)
    city: Mapped[str] = plain(Text, server_default="")
    country: Mapped[str] = plain(Text, server_default="")
    language: Mapped[str] = plain(Text, server_default="")
    organisation_id: Mapped[str] = plain(Text, server_default="")
    source: Mapped[str] = plain(Text, server_default="")
    with_email: Mapped[bool] = plain(Boolean, server_default=text("false"))
    created_at: Mapped[datetime] = plain(DateTime(timezone=True), server_default=text("now()"))
