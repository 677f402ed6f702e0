"""The tables of a web process's own database: who is logged in, and which logouts were taken."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import DateTime, Index, LargeBinary, MetaData, String
from sqlalchemy.orm import DeclarativeBase, Mapped

from kernel.deletion import when_done
from kernel.personal import Basis, Category, Erase, Purpose, dataset, personal, plain
from kernel.schema import NAMING


class Base(DeclarativeBase):
    """Metadata of the session database; portal and gateway each have their own copy."""

    metadata = MetaData(naming_convention=NAMING)


class LoginRow(Base):
    """One login of one browser. The cookie's id is stored as a hash: a stolen dump opens nothing."""

    __tablename__ = "logins"
    __table_args__ = (
        # Back-channel logout names a session by issuer and sid.
        Index(None, "issuer", "provider_sid"),
        # A person sees, and ends, all of their own.
        Index(None, "issuer", "subject"),
        dataset(
            deletion_class=when_done(
                "end of the login + 0 days, at most 10 hours after it began", done_by="kernel.web.sessions"
            ),
            hours_at_most=10,
        ),
    )

    id_hash: Mapped[bytes] = plain(LargeBinary(32), primary_key=True)
    issuer: Mapped[str] = plain(String(500))
    subject: Mapped[str] = plain(String(255))
    provider_sid: Mapped[str] = plain(String(255))
    # Tokens, name and roles, AES-256-GCM under a key derived from KONTOR_SECRET_KEY.
    payload: Mapped[bytes] = personal(
        LargeBinary,
        category=Category.CREDENTIAL,
        purpose=Purpose.SECURITY,
        basis=Basis.LEGITIMATE_INTEREST,
        on_erasure=Erase.DELETE_ROW,
    )
    # Two words such as "firefox/windows" for the list of one's own logins; the user agent itself is not kept.
    device: Mapped[str] = personal(
        String(32),
        category=Category.BEHAVIOUR,
        purpose=Purpose.SECURITY,
        basis=Basis.LEGITIMATE_INTEREST,
        on_erasure=Erase.DELETE_ROW,
        server_default="",
    )
    created_at: Mapped[datetime] = plain(DateTime(timezone=True))
    last_seen_at: Mapped[datetime] = plain(DateTime(timezone=True))
    expires_at: Mapped[datetime] = plain(DateTime(timezone=True), index=True)


class LogoutTokenRow(Base):
    """A back-channel logout token that was obeyed; it is not obeyed again while it would still be good."""

    __tablename__ = "logout_tokens"
    __table_args__ = (
        dataset(
            deletion_class=when_done("issue of the token + 5 minutes", done_by="kernel.web.sessions"),
            hours_at_most=1,
        ),
    )

    id_hash: Mapped[bytes] = plain(LargeBinary(32), primary_key=True)
    expires_at: Mapped[datetime] = plain(DateTime(timezone=True), index=True)


metadata = Base.metadata
