"""Table of last mails that are under way."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import DateTime, ForeignKey, LargeBinary, Uuid
from sqlalchemy.orm import Mapped

from kernel.deletion import when_done
from kernel.personal import Basis, Category, Erase, Purpose, dataset, personal, plain
from services.privacy.base import Base
from services.privacy.requests.farewell.model import LASTS


class RequestFarewell(Base):
    """Whom the mail about an erasure goes to, encrypted; deleted when it has gone out, or is given up."""

    __tablename__ = "request_farewell"
    # The notice's.
    id: Mapped[uuid.UUID] = plain(Uuid, primary_key=True)
    request_id: Mapped[uuid.UUID] = plain(ForeignKey("subject_request.id"), index=True)
    sealed: Mapped[bytes] = personal(
        LargeBinary,
        category=Category.CONTACT_POINT,
        purpose=Purpose.LEGAL_DUTY,
        basis=Basis.LEGAL_OBLIGATION,
        on_erasure=Erase.KEEP_RESTRICTED,
        law="Art. 12(3) GDPR",
        keep_years=1,
    )
    planned_at: Mapped[datetime] = plain(DateTime(timezone=True))
    __table_args__ = (
        dataset(
            deletion_class=when_done(
                f"end of the mail + 0 days, its planning + {LASTS.days} days at the latest",
                done_by="farewells",
            ),
            subject="request_id -> subject_request",
            since="planned_at",
            evidence=True,
        ),
    )
