"""Renewals as values."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime

from kernel.errors import FailedPrecondition, NotFound


class RenewalUnknown(NotFound):
    """A token that is not ours, or whose person we no longer know."""

    def __init__(self) -> None:
        super().__init__("We do not know this link.")


class RenewalOver(FailedPrecondition):
    """The consent has ended or was withdrawn; it can be given anew, and not renewed."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A mail that asks, as it is kept: to whom, about what, and what proves it."""

    id: uuid.UUID
    contact_id: uuid.UUID
    topic: str
    last_day: date
    planned_at: datetime
    mail_sha256: bytes | None = None
    token_sha256: bytes | None = None
    answered_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """How the consent stands that the link is about."""

    topic: str
    open: bool
    last_day: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What somebody pressed. `text_id` is the text that stood beside the button; None withdraws."""

    text_id: uuid.UUID | None
    language: str = ""
    form_url: str = ""
