"""The suppression list: keyed hashes, why they exist, and what they prevent."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import DateTime, Index, LargeBinary, SmallInteger, Text, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped

from kernel.personal import Basis, Category, Erase, Purpose, dataset, personal, plain
from services.privacy.base import Base


class SuppressionEntry(Base):
    """One address on one channel that must not be contacted. Survives the erasure of its subject."""

    __tablename__ = "suppression_entry"
    id: Mapped[uuid.UUID] = plain(Uuid, primary_key=True)
    channel: Mapped[int] = plain(SmallInteger)
    key_id: Mapped[str] = plain(Text)
    # Only whoever already has the address and the pepper can find it here; that is its whole purpose.
    address_hash: Mapped[bytes] = personal(
        LargeBinary,
        category=Category.CONTACT_POINT,
        purpose=Purpose.LEGAL_DUTY,
        basis=Basis.LEGAL_OBLIGATION,
        on_erasure=Erase.KEEP_RESTRICTED,
        law="Art. 21(3), Art. 17(3)(b) GDPR",
        keep_years=30,
    )
    reason: Mapped[str] = plain(Text)
    prevents: Mapped[str] = plain(Text)
    created_at: Mapped[datetime] = plain(DateTime(timezone=True))
    __table_args__ = (
        UniqueConstraint("key_id", "address_hash"),
        Index(None, "created_at", "id"),
        dataset(deletion_class="entry + until the subject asks to be taken off", since="created_at"),
    )
