"""Table of mails about askings."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import DateTime, Index, SmallInteger, Uuid, text
from sqlalchemy.orm import Mapped

from kernel.deletion import after, days
from kernel.personal import dataset, plain
from services.campaigns.base import Base
from services.campaigns.sender.tables import HandedOver


class AskingMail(HandedOver, Base):
    """One mail. Neither the address nor whose it is stands here: privacy knows, and forgets it within days."""

    __tablename__ = "asking_mail"
    __table_args__ = (
        Index("ix_asking_mail_open", "state", "id", postgresql_where=text("state IN ('planned', 'sending')")),
        dataset(deletion_class=after("planning", days(30), starts="planned_at"), since="planned_at"),
    )

    id: Mapped[uuid.UUID] = plain(Uuid, primary_key=True)
    asking_id: Mapped[uuid.UUID] = plain(Uuid)
    kind: Mapped[int] = plain(SmallInteger)
    planned_at: Mapped[datetime] = plain(DateTime(timezone=True))
