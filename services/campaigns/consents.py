"""Consents as campaigns meets them: how one stands, the text that is shown, and what proves it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from kontor.privacy.v1 import privacy_pb2

from kernel.clock import to_timestamp


@dataclass(frozen=True, slots=True)
class Consent:
    """The newest record of one topic."""

    topic: str
    given: bool
    withdrawn: bool
    since: datetime | None
    expired: bool = False
    last_day: str = ""


@dataclass(frozen=True, slots=True)
class ConsentText:
    """The text of a topic as it is shown now."""

    id: uuid.UUID
    topic: str
    title: str = ""


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

    def to_proto(self) -> privacy_pb2.Evidence:
        """As it goes over the wire."""
        return privacy_pb2.Evidence(
            form_url=self.form_url,
            language=self.language,
            request_time=to_timestamp(self.requested_at),
            confirm_time=to_timestamp(self.confirmed_at),
            mail_sha256=self.mail_sha256,
            token_sha256=self.token_sha256,
            request_ip=self.request_ip,
            confirm_ip=self.confirm_ip,
            method=self.method,
        )
