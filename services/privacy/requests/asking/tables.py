"""Tables of askings, and of what people wrote beside them."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, DateTime, ForeignKey, Index, LargeBinary, SmallInteger, Text, Uuid, func, text
from sqlalchemy.orm import Mapped

from kernel.deletion import LIMITATION, LIMITATION_LAW, after, days, in_cases
from kernel.personal import Basis, Category, Purpose, dataset, personal, plain
from services.privacy.base import Base

_ASKED: dict[str, Any] = {"purpose": Purpose.LEGAL_DUTY, "basis": Basis.LEGAL_OBLIGATION}
_GUARD: dict[str, Any] = {"purpose": Purpose.SECURITY, "basis": Basis.LEGAL_OBLIGATION, "nullable": True}


class Asking(Base):
    """What somebody asked for without a login; its id is in the link of the mail. A week, or a day once answered."""

    __tablename__ = "asking"
    id: Mapped[uuid.UUID] = plain(Uuid, primary_key=True)
    email: Mapped[str] = personal(Text, category=Category.CONTACT_POINT, **_ASKED)
    kind: Mapped[int] = personal(SmallInteger, category=Category.TRANSACTION, **_ASKED)
    ground: Mapped[int] = plain(SmallInteger)
    objection: Mapped[int] = plain(SmallInteger)
    message: Mapped[str] = personal(Text, category=Category.FREE_TEXT, **_ASKED)
    language: Mapped[str] = plain(Text)
    client_mac: Mapped[bytes | None] = personal(LargeBinary, category=Category.BEHAVIOUR, **_GUARD)
    # Empty before the mail is made and once the code has done its work.
    code_mac: Mapped[bytes | None] = personal(LargeBinary, category=Category.CREDENTIAL, **_GUARD)
    tries: Mapped[int] = plain(SmallInteger, server_default="0")
    # The mail that is due or went out last, and whether campaigns still has to be asked for it.
    letter: Mapped[int] = plain(SmallInteger)
    letter_wanted: Mapped[bool] = plain(Boolean)
    asked_at: Mapped[datetime] = plain(DateTime(timezone=True))
    # A newer asking has taken its place, or somebody has guessed too often.
    ended_at: Mapped[datetime | None] = plain(DateTime(timezone=True), nullable=True)
    confirmed_at: Mapped[datetime | None] = plain(DateTime(timezone=True), nullable=True)
    # It became a request, or the mail with the answer was made.
    settled_at: Mapped[datetime | None] = plain(DateTime(timezone=True), nullable=True)
    __table_args__ = (
        Index("ix_asking_email", func.lower(text("email"))),
        Index("ix_asking_client_mac_asked_at", "client_mac", "asked_at"),
        Index("ix_asking_letter_wanted", "id", postgresql_where=text("letter_wanted")),
        Index(
            "ix_asking_unsettled",
            "confirmed_at",
            postgresql_where=text("confirmed_at IS NOT NULL AND settled_at IS NULL AND letter = 1"),
        ),
        dataset(
            deletion_class=in_cases(
                unconfirmed=after("asking", days(7), starts="asked_at", once="confirmed_at IS NULL"),
                # The day counts the askings of an address, and lets a relay that was down fetch the answer.
                answered=after("answer", days(1), starts="settled_at", once="confirmed_at IS NOT NULL"),
            ),
            emails=("email",),
            since="asked_at",
        ),
    )


class RequestMessage(Base):
    """What the person wrote beside a request; goes with the person."""

    __tablename__ = "request_message"
    request_id: Mapped[uuid.UUID] = plain(ForeignKey("subject_request.id"), primary_key=True)
    message: Mapped[str] = personal(Text, category=Category.FREE_TEXT, **_ASKED)
    __table_args__ = (
        dataset(
            deletion_class=after(
                "completion", LIMITATION, starts="request_id -> subject_request", law=LIMITATION_LAW
            ),
            subject="request_id -> subject_request",
        ),
    )
