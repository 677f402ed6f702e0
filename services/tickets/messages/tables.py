"""The table of messages."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import BigInteger, Boolean, DateTime, ForeignKey, Identity, Index, SmallInteger, Text, Uuid
from sqlalchemy.orm import Mapped

from kernel.deletion import LIMITATION, LIMITATION_LAW, after
from kernel.personal import Category, Erase, Purpose, dataset, personal, plain
from services.tickets.base import Base
from services.tickets.messages.model import AuthorKind


class MessageRow(Base):
    """One message; erasure deletes it with everything it says."""

    __tablename__ = "message"

    id: Mapped[uuid.UUID] = plain(Uuid, primary_key=True)
    # Writers on one ticket hold its row, so this order is the order of their commits.
    position: Mapped[int] = plain(BigInteger, Identity(), nullable=False)
    ticket_id: Mapped[uuid.UUID] = plain(Uuid, ForeignKey("ticket.id"), nullable=False)
    author_kind: Mapped[int] = plain(SmallInteger, nullable=False)
    author_name: Mapped[str] = personal(
        Text,
        nullable=False,
        category=Category.IDENTITY,
        purpose=Purpose.SERVICE,
        provided=True,
        on_erasure=Erase.DELETE_ROW,
    )
    body: Mapped[str] = personal(
        Text,
        nullable=False,
        category=Category.FREE_TEXT,
        purpose=Purpose.SERVICE,
        provided=True,
        on_erasure=Erase.DELETE_ROW,
    )
    internal: Mapped[bool] = plain(Boolean, nullable=False)
    created_at: Mapped[datetime] = plain(DateTime(timezone=True), nullable=False)

    __table_args__ = (
        Index("ix_message_ticket_id_position", "ticket_id", "position"),
        dataset(
            deletion_class=after(
                "closing of the ticket", LIMITATION, starts="ticket_id -> ticket", law=LIMITATION_LAW
            ),
            subject="ticket_id -> ticket",
            since="created_at",
            # Only the customer writes with a customer's role; colleagues read and never write.
            provided_rows=("author_kind", (AuthorKind.CUSTOMER,)),
        ),
    )
