"""The table of tickets."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import BigInteger, DateTime, Identity, Index, Integer, SmallInteger, Text, Uuid
from sqlalchemy.orm import Mapped

from kernel.deletion import LIMITATION, LIMITATION_LAW, after
from kernel.personal import Category, Erase, Purpose, dataset, personal, plain
from services.tickets.base import Base
from services.tickets.tickets.model import Channel, State


class TicketRow(Base):
    """One ticket. Erasure cuts the way to the person and empties the text; the counts remain."""

    __tablename__ = "ticket"

    id: Mapped[uuid.UUID] = plain(Uuid, primary_key=True)
    # People say it on the phone, so it is short; five digits from the start look the same for years.
    number: Mapped[int] = plain(BigInteger, Identity(start=10001), unique=True, nullable=False)
    version: Mapped[int] = plain(Integer, nullable=False, default=1)
    contact_id: Mapped[uuid.UUID | None] = personal(
        Uuid,
        nullable=True,
        category=Category.IDENTITY,
        purpose=Purpose.SERVICE,
        provided=False,
        on_erasure=Erase.NULL,
    )
    subject: Mapped[str] = personal(
        Text,
        nullable=False,
        category=Category.FREE_TEXT,
        purpose=Purpose.SERVICE,
        provided=True,
        on_erasure=Erase.PSEUDONYMISE,
    )
    state: Mapped[int] = plain(SmallInteger, nullable=False)
    priority: Mapped[int] = plain(SmallInteger, nullable=False)
    owner_id: Mapped[str | None] = plain(Text, nullable=True)
    # Staff data; it goes with the customer's because the conversation it stands for goes.
    owner_name: Mapped[str | None] = personal(
        Text,
        nullable=True,
        category=Category.IDENTITY,
        purpose=Purpose.SERVICE,
        provided=False,
        on_erasure=Erase.NULL,
    )
    channel: Mapped[int] = plain(SmallInteger, nullable=False)
    message_count: Mapped[int] = plain(Integer, nullable=False, default=0)
    created_at: Mapped[datetime] = plain(DateTime(timezone=True), nullable=False)
    updated_at: Mapped[datetime] = plain(DateTime(timezone=True), nullable=False)

    __table_args__ = (
        Index("ix_ticket_contact_id_number", "contact_id", "number"),
        Index("ix_ticket_owner_id_number", "owner_id", "number"),
        Index("ix_ticket_state_number", "state", "number"),
        dataset(
            deletion_class=after(
                "closing of the ticket",
                LIMITATION,
                # Nothing changes a closed ticket but an erasure, which only keeps it longer.
                starts="updated_at",
                once=f"state = {State.CLOSED.value}",
                law=LIMITATION_LAW,
            ),
            subject="contact_id",
            since="created_at",
            # What came by phone or letter was put into words by staff.
            provided_rows=("channel", (Channel.PORTAL, Channel.EMAIL)),
        ),
    )
