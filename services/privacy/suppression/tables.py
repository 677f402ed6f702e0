"""The suppression list: keyed hashes, why they exist, and what they prevent."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    DateTime,
    Index,
    LargeBinary,
    SmallInteger,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.orm import Mapped

from kernel.deletion import LIMITATION, LIMITATION_LAW, after, when_done
from kernel.personal import Basis, Category, Erase, Purpose, dataset, personal, plain
from services.privacy.base import Base
from services.privacy.suppression.model import KEPT

SCHEMA = "suppression"


class SuppressionEntry(Base):
    """One address on one channel that must not be contacted. Survives the erasure of its subject."""

    __tablename__ = "suppression_entry"
    id: Mapped[uuid.UUID] = plain(Uuid, primary_key=True)
    channel: Mapped[int] = plain(SmallInteger)
    key_id: Mapped[str] = plain(Text)
    # Leads to nobody without the pepper and the address itself: that is why it has no way to a subject,
    # why it may survive the erasure, and why it is not personal data to anybody who reads this table.
    address_hash: Mapped[bytes] = plain(LargeBinary)
    reason: Mapped[str] = plain(Text)
    prevents: Mapped[str] = plain(Text)
    created_at: Mapped[datetime] = plain(DateTime(timezone=True))
    __table_args__ = (
        UniqueConstraint("key_id", "address_hash"),
        Index(None, "created_at", "id"),
        {
            # Of a role of its own: the service's ordinary one can neither read nor change an entry.
            "schema": SCHEMA,
            **dataset(deletion_class=when_done(KEPT, done_by="SuppressionService.lift"), since="created_at"),
        },
    )


class SuppressionLifting(Base):
    """That an entry was lifted by its own person: by a consent, whose record proves it, or by a wish."""

    __tablename__ = "suppression_lifting"
    # Without the address's hash: beside a contact it would lead to a person.
    entry_id: Mapped[uuid.UUID] = plain(Uuid, primary_key=True)
    channel: Mapped[int] = plain(SmallInteger)
    reason: Mapped[str] = plain(Text)
    created_at: Mapped[datetime] = plain(DateTime(timezone=True))
    lifted_at: Mapped[datetime] = plain(DateTime(timezone=True))
    # None where the consent is gone that it was read from.
    contact_id: Mapped[uuid.UUID | None] = plain(Uuid, index=True, nullable=True)
    consent_id: Mapped[uuid.UUID | None] = plain(Uuid, index=True, nullable=True)
    # A wish is no consent: what shows that the address was the wisher's.
    proven_by: Mapped[str | None] = personal(
        Text,
        category=Category.PREFERENCE,
        purpose=Purpose.LEGAL_DUTY,
        basis=Basis.LEGAL_OBLIGATION,
        on_erasure=Erase.KEEP_RESTRICTED,
        law="Art. 5(2) GDPR",
        keep_years=3,
        nullable=True,
    )
    __table_args__ = (
        CheckConstraint("num_nonnulls(consent_id, proven_by) = 1", name="one_ground"),
        Index(None, "lifted_at", "entry_id"),
        dataset(
            deletion_class=after("lifting", LIMITATION, starts="lifted_at", law=LIMITATION_LAW),
            subject="contact_id",
            since="lifted_at",
            evidence=True,
        ),
    )
