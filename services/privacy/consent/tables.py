"""Tables of the consent ledger. `consent_record` only ever grows; the database itself refuses anything else."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.orm import Mapped, MappedColumn

from kernel.deletion import after, days, elsewhere, never, when_done, years
from kernel.personal import Basis, Category, Erase, Purpose, dataset, personal, plain
from services.privacy.base import Base

LAW = "§ 7a UWG; Art. 7(1) GDPR"
KEEP_YEARS = 5
IP_KEPT_DAYS = 90


def _proof(kind: Any, category: Category = Category.PREFERENCE, **kwargs: Any) -> MappedColumn[Any]:
    """A column that proves consent: kept restricted, because the sender must be able to prove it."""
    return personal(
        kind,
        category=category,
        purpose=Purpose.LEGAL_DUTY,
        basis=Basis.LEGAL_OBLIGATION,
        on_erasure=Erase.KEEP_RESTRICTED,
        law=LAW,
        keep_years=KEEP_YEARS,
        **kwargs,
    )


class ConsentText(Base):
    """A text, version by version; what somebody agreed to never changes."""

    __tablename__ = "consent_text"
    id: Mapped[uuid.UUID] = plain(Uuid, primary_key=True)
    topic: Mapped[str] = plain(Text)
    language: Mapped[str] = plain(Text)
    version: Mapped[int] = plain(Integer)
    title: Mapped[str] = plain(Text)
    text: Mapped[str] = plain(Text)
    withdrawal_notice: Mapped[str] = plain(Text)
    sha256: Mapped[bytes] = plain(LargeBinary)
    # Whether consents to earlier versions no longer cover this one, and from when it is shown; always, if unset.
    material: Mapped[bool] = plain(Boolean)
    effective_at: Mapped[datetime | None] = plain(DateTime(timezone=True))
    __table_args__ = (
        UniqueConstraint("topic", "language", "version"),
        dataset(
            deletion_class=elsewhere(
                "consent", after("last consent to this version", years(KEEP_YEARS), law="§ 7a UWG")
            )
        ),
    )


class ConsentRecord(Base):
    """One entry; its leaf in the tree is a hash over salt and content."""

    __tablename__ = "consent_record"
    id: Mapped[uuid.UUID] = plain(Uuid, primary_key=True)
    leaf_index: Mapped[int] = plain(BigInteger, unique=True)
    leaf_hash: Mapped[bytes] = plain(LargeBinary)
    contact_id: Mapped[uuid.UUID] = plain(Uuid)
    topic: Mapped[str] = _proof(Text)
    channel: Mapped[int] = _proof(SmallInteger)
    state: Mapped[int] = _proof(SmallInteger)
    text_id: Mapped[uuid.UUID | None] = plain(ForeignKey("consent_text.id"))
    # Part of the leaf, so that the text cannot be exchanged under the consent. Empty in records of before.
    text_sha256: Mapped[bytes] = plain(LargeBinary)
    recorded_at: Mapped[datetime] = _proof(DateTime(timezone=True))
    form_url: Mapped[str] = _proof(Text, Category.BEHAVIOUR)
    language: Mapped[str] = _proof(Text)
    request_time: Mapped[datetime | None] = _proof(DateTime(timezone=True), Category.BEHAVIOUR)
    confirm_time: Mapped[datetime | None] = _proof(DateTime(timezone=True), Category.BEHAVIOUR)
    mail_sha256: Mapped[bytes] = plain(LargeBinary)
    token_sha256: Mapped[bytes] = plain(LargeBinary)
    method: Mapped[str] = _proof(Text)
    __table_args__ = (
        # Permits ask for the newest decisive record of thousands of contacts at once.
        Index(
            "ix_consent_record_decisive",
            "contact_id",
            "topic",
            "channel",
            "leaf_index",
            postgresql_where=text("state <> 1"),
        ),
        Index(None, "contact_id", "topic"),
        # The list of where consents stand goes along the tree; what is rare is found without walking all of it.
        Index(None, "state", "leaf_index"),
        dataset(
            deletion_class=elsewhere(
                "consent",
                after("withdrawal or last use", years(KEEP_YEARS), starts="recorded_at", law="§ 7a UWG"),
            ),
            subject="contact_id",
            source="method",
            since="recorded_at",
            evidence=True,
        ),
    )


class ConsentSalt(Base):
    """Outside the record and the tree: without its salt a leaf says nothing about what it was."""

    __tablename__ = "consent_salt"
    record_id: Mapped[uuid.UUID] = plain(Uuid, primary_key=True)
    salt: Mapped[bytes] = plain(LargeBinary)
    __table_args__ = (
        dataset(deletion_class=when_done("deletion of the record + 0 days", done_by="consent")),
    )


class ConsentIp(Base):
    """Network addresses: the weakest part of the evidence, therefore the shortest kept."""

    __tablename__ = "consent_ip"
    record_id: Mapped[uuid.UUID] = plain(Uuid, primary_key=True)
    contact_id: Mapped[uuid.UUID] = plain(Uuid, index=True)
    request_ip: Mapped[str] = personal(
        Text, category=Category.BEHAVIOUR, purpose=Purpose.LEGAL_DUTY, basis=Basis.LEGITIMATE_INTEREST
    )
    confirm_ip: Mapped[str] = personal(
        Text, category=Category.BEHAVIOUR, purpose=Purpose.LEGAL_DUTY, basis=Basis.LEGITIMATE_INTEREST
    )
    created_at: Mapped[datetime] = plain(DateTime(timezone=True), index=True)
    __table_args__ = (
        dataset(
            deletion_class=after("recording", days(IP_KEPT_DAYS), starts="created_at"),
            subject="contact_id",
            since="created_at",
        ),
    )


class ConsentTree(Base):
    """One row: how many leaves there are, and the frontier. Its lock puts the leaves in order."""

    __tablename__ = "consent_tree"
    id: Mapped[int] = plain(SmallInteger, primary_key=True)
    size: Mapped[int] = plain(BigInteger)
    frontier: Mapped[list[bytes]] = plain(ARRAY(LargeBinary))
    __table_args__ = (dataset(deletion_class=never("one row, hashes only")),)


class ConsentNode(Base):
    """The roots of full subtrees above the leaves; they never change, and every proof is made of them."""

    __tablename__ = "consent_node"
    level: Mapped[int] = plain(SmallInteger, primary_key=True)
    position: Mapped[int] = plain(BigInteger, primary_key=True)
    hash: Mapped[bytes] = plain(LargeBinary)
    __table_args__ = (dataset(deletion_class=never("hashes only")),)


class ConsentErasure(Base):
    """What stays of an erased record: its place and its hash, which says nothing without the salt."""

    __tablename__ = "consent_erasure"
    leaf_index: Mapped[int] = plain(BigInteger, primary_key=True, autoincrement=False)
    leaf_hash: Mapped[bytes] = plain(LargeBinary)
    erased_at: Mapped[datetime] = plain(DateTime(timezone=True))
    __table_args__ = (dataset(deletion_class=never("hashes only")),)


class TreeHead(Base):
    """A signed statement of what the tree was; published, so that no later edit goes unnoticed."""

    __tablename__ = "tree_head"
    size: Mapped[int] = plain(BigInteger, primary_key=True)
    root: Mapped[bytes] = plain(LargeBinary)
    signed_at: Mapped[datetime] = plain(DateTime(timezone=True))
    statement: Mapped[str] = plain(Text)
    published_at: Mapped[datetime | None] = plain(DateTime(timezone=True))
    __table_args__ = (dataset(deletion_class=never("hashes only")),)
