"""Table of invitation mails."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import Boolean, DateTime, Index, Uuid, text
from sqlalchemy.orm import Mapped

from kernel.deletion import after, days
from kernel.personal import Category, Purpose, dataset, personal, plain
from services.campaigns.base import Base
from services.campaigns.sender.tables import HandedOver


class InvitationMail(HandedOver, Base):
    """One mail; its id is the invitation's in the contacts service. Address and link are in no column."""

    __tablename__ = "invitation_mail"
    __table_args__ = (
        Index(
            "ix_invitation_mail_open", "state", "id", postgresql_where=text("state IN ('planned', 'sending')")
        ),
        dataset(
            deletion_class=after("invitation", days(30), starts="planned_at"),
            subject="contact_id",
            since="planned_at",
        ),
    )

    id: Mapped[uuid.UUID] = plain(Uuid, primary_key=True)
    contact_id: Mapped[uuid.UUID] = personal(
        Uuid, category=Category.IDENTITY, purpose=Purpose.CONTRACT, provided=False, index=True
    )
    planned_at: Mapped[datetime] = plain(DateTime(timezone=True))
    # The permit that the mail rests on.
    permit_id: Mapped[uuid.UUID | None] = plain(Uuid, nullable=True)
    # Whether contacts knows that it did not go out.
    told: Mapped[bool] = plain(Boolean, server_default="false")
