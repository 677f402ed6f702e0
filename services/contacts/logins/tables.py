"""Tables of the logins area."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import DateTime, ForeignKey, LargeBinary, SmallInteger, Text, Uuid, text
from sqlalchemy.orm import Mapped

from kernel.deletion import with_the
from kernel.personal import Category, Purpose, dataset, personal, plain
from services.contacts.base import Base


class Login(Base):
    """Which contact a login of the realm belongs to. One contact may have several."""

    __tablename__ = "login"

    # `sub` of the realm's tokens; one release has one issuer.
    subject: Mapped[str] = personal(
        Text, category=Category.CREDENTIAL, purpose=Purpose.SECURITY, provided=False, primary_key=True
    )
    contact_id: Mapped[uuid.UUID] = plain(Uuid, ForeignKey("contact.id", ondelete="CASCADE"), index=True)
    # What others call the login by: facts and pages must not carry the realm's own identifier.
    id: Mapped[uuid.UUID] = plain(Uuid, unique=True, server_default=text("gen_random_uuid()"))
    # The login of somebody else of the household, perhaps: its name and address are theirs to take along.
    # How the login called itself when it was joined, so that people can tell one from another.
    name: Mapped[str] = personal(
        Text, category=Category.IDENTITY, purpose=Purpose.SECURITY, provided=False, server_default=""
    )
    # Lower case; empty if the provider had not verified it.
    email: Mapped[str] = personal(
        Text, category=Category.CONTACT_POINT, purpose=Purpose.SECURITY, provided=False, server_default=""
    )
    visibility: Mapped[int] = plain(SmallInteger, server_default="1")
    linked_by: Mapped[str] = plain(Text, server_default="email")
    linked_at: Mapped[datetime] = plain(DateTime(timezone=True), server_default=text("now()"))
    # A login that was taken away stays as this mark, without name and address: else its verified
    # address would let it in again at the next visit. Only an invitation does.
    removed_at: Mapped[datetime | None] = plain(DateTime(timezone=True), nullable=True)

    __table_args__ = (
        # A login of another person goes with that person, too: their address must not stay here.
        dataset(
            deletion_class=with_the("contact"), subject="contact_id", emails=("email",), since="linked_at"
        ),
    )


class Invitation(Base):
    """A link that joins one login to a contact, once. The token itself is in the mail and nowhere else."""

    __tablename__ = "login_invitation"

    id: Mapped[uuid.UUID] = plain(Uuid, primary_key=True)
    contact_id: Mapped[uuid.UUID] = plain(Uuid, ForeignKey("contact.id", ondelete="CASCADE"), index=True)
    token_sha256: Mapped[bytes | None] = personal(
        LargeBinary,
        category=Category.CREDENTIAL,
        purpose=Purpose.SECURITY,
        provided=False,
        nullable=True,
        unique=True,
    )
    state: Mapped[int] = plain(SmallInteger)
    reason: Mapped[str] = plain(Text, server_default="")
    created_at: Mapped[datetime] = plain(DateTime(timezone=True))
    expires_at: Mapped[datetime] = plain(DateTime(timezone=True))
    ended_at: Mapped[datetime | None] = plain(DateTime(timezone=True), nullable=True)

    __table_args__ = (dataset(deletion_class=with_the("contact"), subject="contact_id", since="created_at"),)
