"""Table of sign-ups."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import DateTime, Index, LargeBinary, Text, Uuid, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped

from kernel.deletion import after, days, in_cases
from kernel.personal import Basis, Category, Purpose, dataset, personal, plain
from services.campaigns.base import Base
from services.campaigns.sender.tables import HandedOver

_ASKED: dict[str, Any] = {"purpose": Purpose.MARKETING, "basis": Basis.CONSENT}
_PROOF: dict[str, Any] = {"purpose": Purpose.LEGAL_DUTY, "basis": Basis.LEGAL_OBLIGATION}


class SignUp(HandedOver, Base):
    """Somebody asked for mail. The row is also the one confirmation mail that answers it."""

    __tablename__ = "sign_up"
    __table_args__ = (
        Index("ix_sign_up_email", func.lower(text("email"))),
        Index("ix_sign_up_open", "state", "id", postgresql_where=text("state IN ('planned', 'sending')")),
        dataset(
            deletion_class=in_cases(
                unconfirmed=after("request", days(14), starts="requested_at", once="confirmed_at IS NULL"),
                confirmed=after("confirmation", days(30), starts="confirmed_at"),
            ),
            subject="contact_id",
            emails=("email",),
            source="form_url",
            since="requested_at",
        ),
    )

    id: Mapped[uuid.UUID] = plain(Uuid, primary_key=True)
    email: Mapped[str] = personal(Text, category=Category.CONTACT_POINT, **_ASKED, provided=True)
    given_name: Mapped[str] = personal(Text, category=Category.IDENTITY, **_ASKED, provided=True)
    family_name: Mapped[str] = personal(Text, category=Category.IDENTITY, **_ASKED, provided=True)
    language: Mapped[str] = plain(Text)
    # Topic → id of the text that the visitor saw.
    topics: Mapped[dict[str, str]] = personal(JSONB, category=Category.PREFERENCE, **_ASKED, provided=True)
    form_url: Mapped[str] = plain(Text)
    request_ip: Mapped[str] = personal(Text, category=Category.BEHAVIOUR, **_PROOF)
    requested_at: Mapped[datetime] = plain(DateTime(timezone=True))
    token_sha256: Mapped[bytes] = personal(LargeBinary, category=Category.CREDENTIAL, **_PROOF, unique=True)
    # Of the confirmation mail as it was handed over, written before it was.
    mail_sha256: Mapped[bytes | None] = plain(LargeBinary, nullable=True)
    # The first click counts; a repeated one must bring the same evidence.
    clicked_at: Mapped[datetime | None] = plain(DateTime(timezone=True), nullable=True)
    click_ip: Mapped[str] = personal(Text, category=Category.BEHAVIOUR, **_PROOF, server_default="")
    confirmed_at: Mapped[datetime | None] = plain(DateTime(timezone=True), nullable=True)
    contact_id: Mapped[uuid.UUID | None] = personal(
        Uuid, category=Category.IDENTITY, **_ASKED, provided=False, nullable=True, index=True
    )
