"""The erasure ledger's table. Append-only: the database refuses to change or delete a row."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import ARRAY, DateTime, LargeBinary, SmallInteger, Text, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped

from kernel.deletion import after, elsewhere, years
from kernel.personal import Basis, Category, Erase, Purpose, dataset, personal, plain
from services.privacy.base import Base


class ErasureLedger(Base):
    """One promise to erase; read again after a restore."""

    __tablename__ = "erasure_ledger"
    id: Mapped[uuid.UUID] = plain(Uuid, primary_key=True)
    request_id: Mapped[uuid.UUID] = plain(Uuid)
    contact_id: Mapped[uuid.UUID] = plain(Uuid, index=True)
    round: Mapped[int] = plain(SmallInteger)
    plan_hash: Mapped[bytes] = plain(LargeBinary)
    key_id: Mapped[str] = plain(Text)
    identifier_hashes: Mapped[list[bytes]] = personal(
        ARRAY(LargeBinary),
        category=Category.CONTACT_POINT,
        purpose=Purpose.LEGAL_DUTY,
        basis=Basis.LEGAL_OBLIGATION,
        on_erasure=Erase.KEEP_RESTRICTED,
        law="Art. 5(2), Art. 17(3)(b) GDPR",
        keep_years=10,
    )
    # Entries of the suppression list, as channel:hash: without a pepper and the address they lead to nobody.
    suppressions: Mapped[list[str]] = plain(ARRAY(Text), server_default="{}")
    recorded_at: Mapped[datetime] = plain(DateTime(timezone=True))
    # Over the entry's statement; none on rows from before there were signatures here.
    signature: Mapped[bytes | None] = plain(LargeBinary)
    __table_args__ = (
        UniqueConstraint("request_id", "round"),
        dataset(
            deletion_class=elsewhere(
                "ledger", after("recording", years(10), starts="recorded_at", law="longer than any backup")
            ),
            subject="contact_id",
            since="recorded_at",
            evidence=True,
        ),
    )
