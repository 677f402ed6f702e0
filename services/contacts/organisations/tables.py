"""Tables of the organisations area."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import DateTime, Index, Text, Uuid, text
from sqlalchemy.orm import Mapped

from kernel.personal import dataset, plain
from services.contacts.base import Base


class Organisation(Base):
    """A company, authority or club. It is no natural person, so nothing here is personal."""

    __tablename__ = "organisation"

    id: Mapped[uuid.UUID] = plain(Uuid, primary_key=True)
    name: Mapped[str] = plain(Text)
    # The name as it is compared and sorted; see `services.contacts.text.fold`.
    name_key: Mapped[str] = plain(Text(collation="C"))
    website: Mapped[str] = plain(Text, server_default="")
    city: Mapped[str] = plain(Text, server_default="")
    created_at: Mapped[datetime] = plain(DateTime(timezone=True), server_default=text("now()"))

    __table_args__ = (
        Index(None, "name_key", "id"),
        Index(
            "ix_organisation_name_trgm",
            "name_key",
            postgresql_using="gin",
            postgresql_ops={"name_key": "gin_trgm_ops"},
        ),
        dataset(deletion_class="last relation ended + 10 years (§ 147 AO)", since="created_at"),
    )
