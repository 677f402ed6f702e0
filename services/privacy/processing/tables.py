"""What each holder declared when it last answered: it is shown while the holder is down."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import DateTime, LargeBinary, Text
from sqlalchemy.orm import Mapped

from kernel.deletion import when_done
from kernel.personal import dataset, plain
from services.privacy.base import Base


class HolderDescription(Base):
    """One row a holder: its answer to `Describe`, as it came."""

    __tablename__ = "holder_description"
    holder: Mapped[str] = plain(Text, primary_key=True)
    description: Mapped[bytes] = plain(LargeBinary)
    described_at: Mapped[datetime] = plain(DateTime(timezone=True))
    __table_args__ = (
        dataset(
            deletion_class=when_done("next answer of the holder + 0 days", done_by="describe-holders"),
            since="described_at",
        ),
    )
