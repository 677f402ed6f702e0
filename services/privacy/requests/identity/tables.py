"""Table of checks."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import DateTime, ForeignKey, LargeBinary, SmallInteger, Uuid
from sqlalchemy.orm import Mapped

from kernel.deletion import after, days
from kernel.personal import Basis, Category, Purpose, dataset, personal, plain
from services.privacy.base import Base


class IdentityCheck(Base):
    """One code that was asked for; its id is that of the mail, and in the link of the mail. No address is here."""

    __tablename__ = "identity_check"
    id: Mapped[uuid.UUID] = plain(Uuid, primary_key=True)
    request_id: Mapped[uuid.UUID] = plain(ForeignKey("subject_request.id"), index=True)
    # Empty before the mail is made and once the check has ended: what is used up cannot be tried again.
    code_mac: Mapped[bytes | None] = personal(
        LargeBinary,
        category=Category.CREDENTIAL,
        purpose=Purpose.SECURITY,
        basis=Basis.LEGAL_OBLIGATION,
        provided=False,
        nullable=True,
    )
    tries: Mapped[int] = plain(SmallInteger, server_default="0")
    created_at: Mapped[datetime] = plain(DateTime(timezone=True))
    expires_at: Mapped[datetime | None] = plain(DateTime(timezone=True), nullable=True)
    ended_at: Mapped[datetime | None] = plain(DateTime(timezone=True), nullable=True)
    __table_args__ = (
        dataset(
            # What it has shown is a step of the request; the check itself proves nothing more.
            deletion_class=after("check", days(30), starts="created_at"),
            subject="request_id -> subject_request",
            since="created_at",
        ),
    )
