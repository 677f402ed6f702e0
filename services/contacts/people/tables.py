"""Tables of the people area: contacts and their roles in organisations."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import Boolean, DateTime, ForeignKey, Index, Integer, SmallInteger, Text, Uuid, text
from sqlalchemy.orm import Mapped

from kernel.deletion import LIMITATION, LIMITATION_LAW, after, with_the
from kernel.personal import Basis, Category, Purpose, dataset, personal, plain
from services.contacts.base import Base


class Contact(Base):
    """A person. Unknown texts are empty, never NULL: one way to say "nothing" is enough."""

    __tablename__ = "contact"

    id: Mapped[uuid.UUID] = plain(Uuid, primary_key=True)
    version: Mapped[int] = plain(Integer, server_default="1")
    salutation: Mapped[int] = personal(
        SmallInteger, category=Category.IDENTITY, purpose=Purpose.SERVICE, provided=True, server_default="0"
    )
    given_name: Mapped[str] = personal(
        Text, category=Category.IDENTITY, purpose=Purpose.SERVICE, provided=True
    )
    family_name: Mapped[str] = personal(
        Text, category=Category.IDENTITY, purpose=Purpose.SERVICE, provided=True
    )
    email: Mapped[str] = personal(
        Text, category=Category.CONTACT_POINT, purpose=Purpose.SERVICE, provided=True
    )
    # The address as it is compared; NULL where there is none, so that many may have none.
    email_key: Mapped[str | None] = personal(
        Text,
        category=Category.CONTACT_POINT,
        purpose=Purpose.SERVICE,
        provided=False,
        nullable=True,
        unique=True,
    )
    phone: Mapped[str] = personal(
        Text, category=Category.CONTACT_POINT, purpose=Purpose.SERVICE, provided=True
    )
    street: Mapped[str] = personal(
        Text, category=Category.CONTACT_POINT, purpose=Purpose.SERVICE, provided=True
    )
    postal_code: Mapped[str] = personal(
        Text, category=Category.CONTACT_POINT, purpose=Purpose.SERVICE, provided=True
    )
    city: Mapped[str] = personal(
        Text, category=Category.CONTACT_POINT, purpose=Purpose.SERVICE, provided=True
    )
    country: Mapped[str] = personal(
        Text, category=Category.CONTACT_POINT, purpose=Purpose.SERVICE, provided=True
    )
    language: Mapped[str] = personal(
        Text, category=Category.DEMOGRAPHIC, purpose=Purpose.SERVICE, provided=True
    )
    note: Mapped[str] = personal(
        Text, category=Category.FREE_TEXT, purpose=Purpose.SERVICE, basis=Basis.LEGITIMATE_INTEREST
    )
    source: Mapped[str] = plain(Text)
    responsible_id: Mapped[str] = plain(Text)
    # A member of staff: somebody else's name, but it goes with the contact that it was assigned to.
    responsible_name: Mapped[str] = personal(
        Text, category=Category.IDENTITY, purpose=Purpose.SERVICE, provided=False
    )
    # Name of the department's group in the realm; NULL is everybody's.
    team: Mapped[str | None] = plain(Text, nullable=True)
    # Family and given name as they are compared and sorted; see `services.contacts.text.fold`.
    name_key: Mapped[str] = personal(
        Text(collation="C"), category=Category.IDENTITY, purpose=Purpose.SERVICE, provided=False
    )
    # Everything that a search looks into, folded: names, addresses, phone, organisations.
    search_text: Mapped[str] = personal(
        Text, category=Category.IDENTITY, purpose=Purpose.SERVICE, provided=False
    )
    created_at: Mapped[datetime] = plain(DateTime(timezone=True), server_default=text("now()"))
    updated_at: Mapped[datetime] = plain(DateTime(timezone=True), server_default=text("now()"))

    __table_args__ = (
        Index(None, "name_key", "id"),
        Index(
            "ix_contact_search_trgm",
            "search_text",
            postgresql_using="gin",
            postgresql_ops={"search_text": "gin_trgm_ops"},
        ),
        dataset(
            deletion_class=after(
                "last business",
                LIMITATION,
                # Whatever any service told the timeline, and whatever anybody has changed.
                starts="updated_at",
                also=("timeline_entry.happened_at",),
                law=LIMITATION_LAW,
            ),
            subject="id",
            emails=("email_key",),
            source="source",
            since="created_at",
        ),
    )


class Relation(Base):
    """A role of a contact in an organisation. It belongs to the contact."""

    __tablename__ = "relation"

    contact_id: Mapped[uuid.UUID] = plain(
        Uuid, ForeignKey("contact.id", ondelete="CASCADE"), primary_key=True
    )
    position: Mapped[int] = plain(SmallInteger, primary_key=True)
    organisation_id: Mapped[uuid.UUID] = plain(Uuid, ForeignKey("organisation.id"), index=True)
    role: Mapped[str] = personal(Text, category=Category.DEMOGRAPHIC, purpose=Purpose.SERVICE, provided=True)
    # The person acts for the organisation: colleagues with an opened login see the tickets.
    shared: Mapped[bool] = plain(Boolean, server_default="false")

    __table_args__ = (dataset(deletion_class=with_the("contact"), subject="contact_id"),)
