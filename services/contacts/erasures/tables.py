"""The table of addresses that were erased a moment ago."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import DateTime, LargeBinary
from sqlalchemy.orm import Mapped

from kernel.deletion import after, hours
from kernel.personal import dataset, plain
from services.contacts.base import Base


class ErasedAddress(Base):
    """An address whose erasure was executed here; for writers that had asked about it before."""

    __tablename__ = "erased_address"

    # Leads to nobody without the key and the address itself: that is why it may survive the erasure,
    # and why it is not personal data to anybody who reads this table.
    address_hash: Mapped[bytes] = plain(LargeBinary, primary_key=True)
    erased_at: Mapped[datetime] = plain(DateTime(timezone=True), index=True)

    __table_args__ = (
        # Longer than any call lives.
        dataset(deletion_class=after("execution", hours(24), starts="erased_at"), since="erased_at"),
    )
