"""Tables of requests: their states, plans and receipts per holder, documents and certificates."""

from __future__ import annotations

import uuid
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import (
    ARRAY,
    Date,
    DateTime,
    ForeignKey,
    Index,
    LargeBinary,
    SmallInteger,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, MappedColumn

from kernel.deletion import LIMITATION, LIMITATION_LAW, after, days, when_done
from kernel.personal import Automated, Basis, Category, Erase, Purpose, dataset, personal, plain
from services.privacy.base import Base

ACCESS_DOCUMENT_KEPT_DAYS = 30
# Then nobody can be named any more to a recipient of their data: the law wants them told without delay.
TELLING_LASTS = timedelta(days=30)
_PROOF_KEPT = after("completion", LIMITATION, starts="completed_at", law=LIMITATION_LAW)
_PROOF_KEPT_WITH_IT = after(
    "completion", LIMITATION, starts="request_id -> subject_request", law=LIMITATION_LAW
)

# PDF and ZIP: compressed, so that no search for words finds any. The JSON beside them says the same in the clear.
_PACKED = "format IN (2, 3)"


def _proof(kind: Any, category: Category = Category.TRANSACTION, **kwargs: Any) -> MappedColumn[Any]:
    """A column that proves that and when a right was granted; kept restricted."""
    return personal(
        kind,
        category=category,
        purpose=Purpose.LEGAL_DUTY,
        basis=Basis.LEGAL_OBLIGATION,
        on_erasure=Erase.KEEP_RESTRICTED,
        law="Art. 5(2) GDPR",
        keep_years=3,
        **kwargs,
    )


def _said(kind: Any) -> MappedColumn[Any]:
    """A column with what the person has told us to carry out the request."""
    return personal(
        kind, category=Category.FREE_TEXT, purpose=Purpose.LEGAL_DUTY, basis=Basis.LEGAL_OBLIGATION
    )


class SubjectRequest(Base):
    """One request of one subject."""

    __tablename__ = "subject_request"
    id: Mapped[uuid.UUID] = plain(Uuid, primary_key=True)
    kind: Mapped[int] = _proof(SmallInteger)
    state: Mapped[int] = _proof(SmallInteger)
    contact_id: Mapped[uuid.UUID] = plain(Uuid, index=True)
    # The login that asked; it may read the answer when the contact is long gone.
    requested_by: Mapped[str | None] = _proof(Text, Category.IDENTITY, nullable=True)
    language: Mapped[str] = plain(Text)
    received_at: Mapped[datetime] = _proof(DateTime(timezone=True))
    due_date: Mapped[date] = plain(Date)
    completed_at: Mapped[datetime | None] = _proof(DateTime(timezone=True))
    round: Mapped[int] = plain(SmallInteger)
    retry_at: Mapped[datetime | None] = plain(DateTime(timezone=True))
    waiting_for: Mapped[list[str]] = plain(ARRAY(Text))
    problem: Mapped[str] = plain(Text, server_default="")
    # Partially fulfilled: the last day of what is kept longest; NULL while a legal hold keeps it.
    kept_until: Mapped[date | None] = plain(Date)
    stalled_at: Mapped[datetime | None] = plain(DateTime(timezone=True))
    __table_args__ = (
        # One open request per contact and kind; two would race each other to the same rows.
        Index(
            "uq_subject_request_open", "contact_id", "kind", unique=True, postgresql_where=text("state < 6")
        ),
        Index(None, "received_at", "id"),
        Index(None, "requested_by"),
        dataset(
            deletion_class=_PROOF_KEPT,
            subject="contact_id",
            since="received_at",
            evidence=True,
            automated=Automated("unconfirmed-erasure"),
        ),
    )


class RequestTransition(Base):
    """One step: which state, when, who, why."""

    __tablename__ = "request_transition"
    id: Mapped[uuid.UUID] = plain(Uuid, primary_key=True)
    request_id: Mapped[uuid.UUID] = plain(ForeignKey("subject_request.id"), index=True)
    state: Mapped[int] = plain(SmallInteger)
    at: Mapped[datetime] = plain(DateTime(timezone=True))
    actor: Mapped[str] = plain(Text)
    reason: Mapped[str] = plain(Text)
    __table_args__ = (dataset(deletion_class=_PROOF_KEPT_WITH_IT, since="at"),)


class RequestNotice(Base):
    """One mail that tells the person of a step; its id is the step's. Who gets it is on the request's row."""

    __tablename__ = "request_notice"
    id: Mapped[uuid.UUID] = plain(Uuid, primary_key=True)
    request_id: Mapped[uuid.UUID] = plain(ForeignKey("subject_request.id"), index=True)
    kind: Mapped[int] = plain(SmallInteger)
    # As it was at this step: a mail that is asked for again must be the same one.
    due_date: Mapped[date] = plain(Date)
    planned_at: Mapped[datetime] = plain(DateTime(timezone=True))
    told_at: Mapped[datetime | None] = plain(DateTime(timezone=True), nullable=True)
    __table_args__ = (
        Index("ix_request_notice_untold", "id", postgresql_where=text("told_at IS NULL")),
        dataset(deletion_class=_PROOF_KEPT_WITH_IT, since="planned_at"),
    )


class RequestIdentifiers(Base):
    """How to recognise the subject while an erasure runs, encrypted.

    Deleted when it is complete and every recipient of the data has been told whom it was about (Art. 19 GDPR).
    """

    __tablename__ = "request_identifiers"
    request_id: Mapped[uuid.UUID] = plain(ForeignKey("subject_request.id"), primary_key=True)
    # Not on the request's own row: executing the erasure here must not take from us what the probe needs.
    sealed: Mapped[bytes] = personal(
        LargeBinary,
        category=Category.CONTACT_POINT,
        purpose=Purpose.LEGAL_DUTY,
        basis=Basis.LEGAL_OBLIGATION,
        on_erasure=Erase.KEEP_RESTRICTED,
        law="Art. 17(1), Art. 19 GDPR",
        keep_years=1,
    )
    __table_args__ = (
        dataset(
            deletion_class=when_done(
                f"last recipient told + 0 days, completion + {TELLING_LASTS.days} days at the latest",
                done_by="farewells",
            ),
            subject="request_id -> subject_request",
            evidence=True,
        ),
    )


class RequestCorrection(Base):
    """One value that the person says is wrong, and how it is right; goes with the person."""

    __tablename__ = "request_correction"
    request_id: Mapped[uuid.UUID] = plain(ForeignKey("subject_request.id"), primary_key=True)
    field: Mapped[str] = plain(Text, primary_key=True)
    before: Mapped[str] = _said(Text)
    after: Mapped[str] = _said(Text)
    __table_args__ = (dataset(deletion_class=_PROOF_KEPT_WITH_IT, subject="request_id -> subject_request"),)


class RequestRecipient(Base):
    """To whom the data of a request was disclosed, and how they were told what was done, or why not (Art. 19 GDPR)."""

    __tablename__ = "request_recipient"
    request_id: Mapped[uuid.UUID] = plain(ForeignKey("subject_request.id"), primary_key=True)
    recipient: Mapped[str] = plain(Text, primary_key=True)
    how: Mapped[str] = plain(Text, server_default="")
    settled_at: Mapped[datetime | None] = plain(DateTime(timezone=True))
    __table_args__ = (dataset(deletion_class=_PROOF_KEPT_WITH_IT, since="settled_at"),)


class RequestRound(Base):
    """One pass of an erasure: plan, ledger, execution, probe. A second one follows what a probe found."""

    __tablename__ = "request_round"
    request_id: Mapped[uuid.UUID] = plain(ForeignKey("subject_request.id"), primary_key=True)
    number: Mapped[int] = plain(SmallInteger, primary_key=True)
    plan_hash: Mapped[bytes | None] = plain(LargeBinary)
    ledger_id: Mapped[uuid.UUID | None] = plain(Uuid)
    suppressed_at: Mapped[datetime | None] = plain(DateTime(timezone=True))
    probed_at: Mapped[datetime | None] = plain(DateTime(timezone=True))
    probe: Mapped[Any] = plain(JSONB, nullable=True)
    __table_args__ = (dataset(deletion_class=_PROOF_KEPT_WITH_IT, since="probed_at"),)


class RequestPlan(Base):
    """What one holder planned and, later, signed to have done."""

    __tablename__ = "request_plan"
    request_id: Mapped[uuid.UUID] = plain(ForeignKey("subject_request.id"), primary_key=True)
    number: Mapped[int] = plain(SmallInteger, primary_key=True)
    holder: Mapped[str] = plain(Text, primary_key=True)
    # The holder's PlanResponse and Receipt as they came: signatures are over bytes.
    plan: Mapped[bytes] = plain(LargeBinary)
    receipt: Mapped[bytes | None] = plain(LargeBinary)
    __table_args__ = (dataset(deletion_class=_PROOF_KEPT_WITH_IT),)


class AccessDocument(Base):
    """The copy of everything that is held; for thirty days, and never longer than its subject stays."""

    __tablename__ = "access_document"
    request_id: Mapped[uuid.UUID] = plain(ForeignKey("subject_request.id"), primary_key=True)
    format: Mapped[int] = plain(SmallInteger, primary_key=True)
    content: Mapped[bytes] = personal(
        LargeBinary,
        category=Category.FREE_TEXT,
        purpose=Purpose.LEGAL_DUTY,
        basis=Basis.LEGAL_OBLIGATION,
    )
    created_at: Mapped[datetime] = plain(DateTime(timezone=True), index=True)
    __table_args__ = (
        dataset(
            deletion_class=after("completion", days(ACCESS_DOCUMENT_KEPT_DAYS), starts="created_at"),
            subject="request_id -> subject_request",
            since="created_at",
            wordless=_PACKED,
        ),
    )


class Certificate(Base):
    """The signed proof of an erasure; names nobody."""

    __tablename__ = "certificate"
    request_id: Mapped[uuid.UUID] = plain(ForeignKey("subject_request.id"), primary_key=True)
    format: Mapped[int] = plain(SmallInteger, primary_key=True)
    content: Mapped[bytes] = _proof(LargeBinary)
    created_at: Mapped[datetime] = plain(DateTime(timezone=True))
    __table_args__ = (
        dataset(
            deletion_class=_PROOF_KEPT_WITH_IT,
            subject="request_id -> subject_request",
            since="created_at",
            evidence=True,
            wordless=_PACKED,
        ),
    )
