"""Table of messages, and the columns of everything that is handed to the relay."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import DateTime, ForeignKey, Index, SmallInteger, Text, UniqueConstraint, Uuid, text
from sqlalchemy.orm import Mapped, declared_attr

from kernel.deletion import LIMITATION, LIMITATION_LAW, after
from kernel.personal import Basis, Category, Erase, Purpose, dataset, personal, plain
from services.campaigns.base import Base


class HandedOver:
    """Columns of a row that stands for one mail; `sender/store.py` moves them.

    A row in state `sending` belongs to one claim until `claimed_until`. Nobody may hand it over
    after that moment, so what is still `sending` then can be reconciled with the relay.
    """

    @declared_attr
    def state(cls) -> Mapped[str]:  # noqa: N805
        return plain(Text)

    @declared_attr
    def reason(cls) -> Mapped[str]:  # noqa: N805
        return plain(Text, server_default="")

    @declared_attr
    def attempts(cls) -> Mapped[int]:  # noqa: N805
        return plain(SmallInteger, server_default="0")

    @declared_attr
    def not_before(cls) -> Mapped[datetime | None]:  # noqa: N805
        return plain(DateTime(timezone=True), nullable=True)

    @declared_attr
    def claim_id(cls) -> Mapped[uuid.UUID | None]:  # noqa: N805
        return plain(Uuid, nullable=True)

    @declared_attr
    def claimed_until(cls) -> Mapped[datetime | None]:  # noqa: N805
        return plain(DateTime(timezone=True), nullable=True)

    @declared_attr
    def sent_at(cls) -> Mapped[datetime | None]:  # noqa: N805
        return plain(DateTime(timezone=True), nullable=True)


class Message(HandedOver, Base):
    """One contact of a campaign's frozen audience, and what became of the message.

    The address is never stored here: it is asked for at the moment of sending.
    """

    __tablename__ = "message"
    __table_args__ = (
        UniqueConstraint("campaign_id", "contact_id"),
        Index("ix_message_contact_id", "contact_id"),
        Index("ix_message_campaign_id_state", "campaign_id", "state", "id"),
        Index("ix_message_sending", "claimed_until", postgresql_where=text("state = 'sending'")),
        dataset(
            deletion_class=after(
                "sending",
                LIMITATION,
                # Or the planning of what was never sent.
                starts=("sent_at", "created_at"),
                once="state NOT IN ('planned', 'sending')",
                law=LIMITATION_LAW,
            ),
            subject="contact_id",
            since="created_at",
        ),
    )

    id: Mapped[uuid.UUID] = plain(Uuid, primary_key=True)
    campaign_id: Mapped[uuid.UUID] = plain(Uuid, ForeignKey("campaign.id"))
    contact_id: Mapped[uuid.UUID | None] = personal(
        Uuid,
        category=Category.BEHAVIOUR,
        purpose=Purpose.MARKETING,
        basis=Basis.CONSENT,
        on_erasure=Erase.NULL,
        provided=False,
        nullable=True,
    )
    permit_id: Mapped[uuid.UUID | None] = plain(Uuid, nullable=True)
    created_at: Mapped[datetime] = plain(DateTime(timezone=True), server_default=text("now()"))
