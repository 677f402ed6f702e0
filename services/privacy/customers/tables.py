"""Tables of sales, of the notices that were shown, and of objections."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.orm import Mapped, MappedColumn

from kernel.deletion import LIMITATION, LIMITATION_LAW, after, never, when_done
from kernel.personal import Basis, Category, Erase, Purpose, dataset, of_staff, personal, plain
from services.privacy.base import Base

UNTIL_ERASED = "objection + until the contact is erased"


def _accountable(kind: Any, category: Category = Category.TRANSACTION, **kwargs: Any) -> MappedColumn[Any]:
    """Kept restricted: the company must be able to show on what it sent advertising without a consent."""
    return personal(
        kind,
        category=category,
        purpose=Purpose.MARKETING,
        basis=Basis.LEGITIMATE_INTEREST,
        on_erasure=Erase.KEEP_RESTRICTED,
        law="Art. 5(2) GDPR",
        keep_years=3,
        **kwargs,
    )


def _with_the_person(kind: Any) -> MappedColumn[Any]:
    """Gone with the contact: without an address there is nobody left to leave in peace."""
    return personal(
        kind,
        category=Category.PREFERENCE,
        purpose=Purpose.MARKETING,
        basis=Basis.LEGITIMATE_INTEREST,
    )


class ObjectionNotice(Base):
    """A version of what is shown when an address is collected; what somebody was shown never changes."""

    __tablename__ = "objection_notice"
    id: Mapped[uuid.UUID] = plain(Uuid, primary_key=True)
    language: Mapped[str] = plain(Text)
    version: Mapped[int] = plain(Integer)
    text: Mapped[str] = plain(Text)
    in_use_since: Mapped[date] = plain(Date)
    __table_args__ = (
        UniqueConstraint("language", "version"),
        dataset(deletion_class=never("the company's own texts")),
    )


class CustomerSale(Base):
    """A sale with the address that was given for it: the first, second and fourth condition of § 7(3) UWG."""

    __tablename__ = "customer_sale"
    id: Mapped[uuid.UUID] = plain(Uuid, primary_key=True)
    contact_id: Mapped[uuid.UUID] = plain(Uuid, index=True)
    # Which address it was, and by which key; another one of the same person is not covered.
    key_id: Mapped[str] = plain(Text)
    address_hash: Mapped[bytes | None] = personal(
        LargeBinary,
        category=Category.CONTACT_POINT,
        purpose=Purpose.MARKETING,
        basis=Basis.LEGITIMATE_INTEREST,
        on_erasure=Erase.NULL,
        nullable=True,
    )
    category: Mapped[str] = _accountable(Text)
    reference: Mapped[str] = _accountable(Text)
    sold_on: Mapped[date] = _accountable(Date)
    collected_on: Mapped[date] = _accountable(Date)
    notice_id: Mapped[uuid.UUID | None] = plain(ForeignKey("objection_notice.id"))
    recorded_at: Mapped[datetime] = plain(DateTime(timezone=True))
    # The login of who recorded it, or the client of the system that did.
    recorded_by: Mapped[str] = of_staff(_accountable(Text, Category.IDENTITY))
    # The first day on which it permits nothing any more.
    ends_on: Mapped[date] = plain(Date)
    end_reason: Mapped[str] = plain(Text, server_default="")
    __table_args__ = (
        # Told twice it is one sale; one that was cancelled does not come back by being told again.
        Index(
            "uq_customer_sale_told",
            "contact_id",
            "reference",
            "category",
            unique=True,
            postgresql_where=text("end_reason <> 'mistake'"),
        ),
        Index(None, "ends_on"),
        dataset(
            deletion_class=after("end of the permission", LIMITATION, starts="ends_on", law=LIMITATION_LAW),
            subject="contact_id",
            since="recorded_at",
            evidence=True,
        ),
    )


class CustomerObjection(Base):
    """That a customer wants no advertising for similar goods; it outlasts every sale, also those to come."""

    __tablename__ = "customer_objection"
    contact_id: Mapped[uuid.UUID] = plain(Uuid, primary_key=True)
    method: Mapped[str] = _with_the_person(Text)
    objected_at: Mapped[datetime] = _with_the_person(DateTime(timezone=True))
    __table_args__ = (
        dataset(
            deletion_class=when_done(UNTIL_ERASED, done_by="the erasure of its contact"),
            subject="contact_id",
            since="objected_at",
        ),
    )
