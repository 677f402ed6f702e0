"""Table of templates."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import DateTime, Text, Uuid, text
from sqlalchemy.orm import Mapped

from kernel.deletion import never
from kernel.personal import dataset, plain
from services.campaigns.base import Base


class Template(Base):
    """What a mail looks like. Never changed: a campaign sends what its maker has seen."""

    __tablename__ = "template"
    __table_args__ = (dataset(deletion_class=never("the company's own content, without personal data")),)

    id: Mapped[uuid.UUID] = plain(Uuid, primary_key=True)
    name: Mapped[str] = plain(Text)
    subject: Mapped[str] = plain(Text)
    mjml: Mapped[str] = plain(Text)
    language: Mapped[str] = plain(Text)
    created_at: Mapped[datetime] = plain(DateTime(timezone=True), server_default=text("now()"))
