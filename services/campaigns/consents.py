"""Consents as campaigns meets them: how one stands, the text that is shown, and what proves it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Consent:
    """The newest record of one topic."""

    topic: str
    given: bool
    withdrawn: bool
    since: datetime | None
    expired: bool = False


@dataclass(frozen=True, slots=True)
class ConsentText:
    """The text of a topic as it is shown now."""

    id: uuid.UUID
    topic: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What proves a consent."""

    method: str
    language: str
    form_url: str = ""
    requested_at: datetime | None = None
    confirmed_at: datetime | None = None
    mail_sha256: bytes = b""
    token_sha256: bytes = b""
    request_ip: str = ""
    confirm_ip: str = ""
