"""Tables of the organisations area."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import DateTime, Index, Text, Uuid, text
from sqlalchemy.orm import Mapped

from kernel.deletion import BOOKS, BOOKS_LAW, after
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

    # Since when no contact has a relation to it, as noticed once a day; NULL while one has.
    unrelated_since: Mapped[datetime | None] = plain(DateTime(timezone=True), nullable=True)

    __table_args__ = (
        Index(None, "name_key", "id"),
        Index(
            "ix_organisation_name_trgm",
            "name_key",
            postgresql_using="gin",
            postgresql_ops={"name_key": "gin_trgm_ops"},
        ),
        dataset(
            deletion_class=after("end of the last relation", BOOKS, starts="unrelated_since", law=BOOKS_LAW),
            since="created_at",
        ),
    )
