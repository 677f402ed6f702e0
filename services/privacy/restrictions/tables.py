"""Tables of restrictions: each with its ground and its end, and the orders with the holders' receipts."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    SmallInteger,
    Text,
    Uuid,
    text,
)
from sqlalchemy.orm import Mapped, MappedColumn

from kernel.deletion import LIMITATION, LIMITATION_LAW, after
from kernel.personal import Basis, Category, Erase, Purpose, dataset, personal, plain
from services.privacy.base import Base

_KEPT = after("lifting", LIMITATION, starts="lifted_at", law=LIMITATION_LAW)
_KEPT_ORDER = after("completion", LIMITATION, starts="completed_at", law=LIMITATION_LAW)
_KEPT_WITH_ORDER = after("completion", LIMITATION, starts="number -> restriction_order", law=LIMITATION_LAW)


def _proof(kind: Any, **kwargs: Any) -> MappedColumn[Any]:
    """A column that proves that and when somebody was restricted; kept restricted."""
    return personal(
        kind,
        category=Category.TRANSACTION,
        purpose=Purpose.LEGAL_DUTY,
        basis=Basis.LEGAL_OBLIGATION,
        on_erasure=Erase.KEEP_RESTRICTED,
        law="Art. 5(2) GDPR",
        keep_years=3,
        **kwargs,
    )


class RestrictionRow(Base):
    """One restriction: on which ground, since when, announced to end when, ended when."""

    __tablename__ = "restriction"
    id: Mapped[uuid.UUID] = plain(Uuid, primary_key=True)
    contact_id: Mapped[uuid.UUID] = plain(Uuid, index=True)
    request_id: Mapped[uuid.UUID | None] = plain(Uuid)
    ground: Mapped[int] = _proof(SmallInteger)
    state: Mapped[int] = _proof(SmallInteger)
    ordered_at: Mapped[datetime] = _proof(DateTime(timezone=True))
    in_force_at: Mapped[datetime | None] = _proof(DateTime(timezone=True))
    announced_at: Mapped[datetime | None] = _proof(DateTime(timezone=True))
    lift_on: Mapped[date | None] = plain(Date)
    lift_reason: Mapped[str] = plain(Text, server_default="")
    lifted_at: Mapped[datetime | None] = _proof(DateTime(timezone=True))
    __table_args__ = (dataset(deletion_class=_KEPT, subject="contact_id", since="ordered_at", evidence=True),)


class RestrictionOrder(Base):
    """One order to every holder; the numbers rise, so that a late one is not obeyed."""

    __tablename__ = "restriction_order"
    number: Mapped[int] = plain(BigInteger, Identity(), primary_key=True)
    contact_id: Mapped[uuid.UUID] = plain(Uuid, index=True)
    grounds: Mapped[list[int]] = _proof(ARRAY(SmallInteger))
    since: Mapped[datetime] = _proof(DateTime(timezone=True))
    completed_at: Mapped[datetime | None] = plain(DateTime(timezone=True))
    __table_args__ = (
        Index("ix_restriction_order_open", "number", postgresql_where=text("completed_at IS NULL")),
        dataset(deletion_class=_KEPT_ORDER, subject="contact_id", since="since", evidence=True),
    )


class RestrictionReceipt(Base):
    """What one holder has signed."""

    __tablename__ = "restriction_receipt"
    number: Mapped[int] = plain(ForeignKey("restriction_order.number"), primary_key=True)
    holder: Mapped[str] = plain(Text, primary_key=True)
    # As it came: signatures are over bytes.
    receipt: Mapped[bytes] = plain(LargeBinary)
    __table_args__ = (dataset(deletion_class=_KEPT_WITH_ORDER),)
