"""Tables of the imports area: the files that were read, and their rows for 30 days."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import DateTime, ForeignKey, Index, Integer, SmallInteger, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped

from kernel.deletion import after, days, in_cases, years
from kernel.personal import Basis, Category, Purpose, dataset, personal, plain
from services.contacts.base import Base


class ContactImport(Base):
    """One file: what it was, what its dry run promised, what its commit did."""

    __tablename__ = "contact_import"

    id: Mapped[uuid.UUID] = plain(Uuid, primary_key=True)
    file_name: Mapped[str] = plain(Text)
    state: Mapped[int] = plain(SmallInteger)
    layout: Mapped[str] = plain(Text)
    encoding: Mapped[str] = plain(Text)
    delimiter: Mapped[str] = plain(Text)
    # The names of the columns, in the file's order: the commit reads the rows again by the same layout.
    header: Mapped[list[str]] = plain(ARRAY(Text))
    # The country whose national phone numbers the file holds.
    country: Mapped[str] = plain(Text)
    rows: Mapped[int] = plain(Integer)
    new: Mapped[int] = plain(Integer)
    update: Mapped[int] = plain(Integer)
    duplicate: Mapped[int] = plain(Integer)
    suppressed: Mapped[int] = plain(Integer)
    invalid: Mapped[int] = plain(Integer)
    created_at: Mapped[datetime] = plain(DateTime(timezone=True), index=True)
    committed_at: Mapped[datetime | None] = plain(DateTime(timezone=True), nullable=True)

    __table_args__ = (
        dataset(
            deletion_class=in_cases(
                dry_run=after("import", days(30), starts="created_at", once="committed_at IS NULL"),
                # Where contacts came from.
                committed=after("import", years(3), starts="committed_at", law="Art. 14(2)(f) GDPR"),
            ),
            since="created_at",
        ),
    )


class ImportRow(Base):
    """One row of a file. A suppressed row keeps its line and its outcome, nothing of its content."""

    __tablename__ = "import_row"

    import_id: Mapped[uuid.UUID] = plain(
        Uuid, ForeignKey("contact_import.id", ondelete="CASCADE"), primary_key=True
    )
    line: Mapped[int] = plain(Integer, primary_key=True)
    outcome: Mapped[int] = plain(SmallInteger)
    reason: Mapped[str] = plain(Text)
    cells: Mapped[dict[str, str]] = personal(
        JSONB, category=Category.FREE_TEXT, purpose=Purpose.SERVICE, basis=Basis.LEGITIMATE_INTEREST
    )
    # The address of whom the row is about, as contacts compare it; empty where the row could not be read as one.
    email_key: Mapped[str] = personal(
        Text,
        category=Category.CONTACT_POINT,
        purpose=Purpose.SERVICE,
        basis=Basis.LEGITIMATE_INTEREST,
        server_default="",
    )
    # Every address that occurs anywhere in the row, lower case: an erasure finds the row by any of them.
    emails: Mapped[list[str]] = personal(
        ARRAY(Text), category=Category.CONTACT_POINT, purpose=Purpose.SERVICE, basis=Basis.LEGITIMATE_INTEREST
    )
    contact_id: Mapped[uuid.UUID | None] = plain(Uuid, nullable=True, index=True)

    __table_args__ = (
        Index("ix_import_row_emails", "emails", postgresql_using="gin"),
        # A rejected row may name somebody without any address; it is a copy, so it goes with them.
        dataset(
            deletion_class=after("import", days(30), starts="import_id -> contact_import"),
            subject="contact_id",
            emails=("email_key",),
            mentions=("emails", "cells"),
        ),
    )
