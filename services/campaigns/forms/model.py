"""Values and rules of sign-ups."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from kernel.errors import FailedPrecondition, InvalidArgument, NotFound

# How long the link in the confirmation mail works.
LINK_LIFE = timedelta(hours=72)
# A second request within this time gets no second mail: pressing the button twice is one wish.
PAUSE = timedelta(minutes=10)
# Nobody's mailbox is filled by a stranger who knows the address.
MOST_PER_DAY = 3


class SignUpUnknown(NotFound):
    """A token that was never issued."""

    def __init__(self) -> None:
        super().__init__("We do not know this link.")


class SignUpExpired(FailedPrecondition):
    """The link was good once."""

    def __init__(self) -> None:
        super().__init__("This link has expired; please sign up again.")


class TopicUnknown(InvalidArgument):
    """A topic without a text to consent to."""

    def __init__(self) -> None:
        super().__init__(
            "There is no such topic.", violations={"topics": "holds a topic that cannot be consented to"}
        )


class TextOutdated(InvalidArgument):
    """The text that the visitor saw is not the one that is in force."""

    def __init__(self) -> None:
        super().__init__(
            "The consent text has changed; please read it again.",
            violations={"text_id": "is not the current text of a chosen topic"},
        )


class EmailUnusable(InvalidArgument):
    """What no mail can reach."""

    def __init__(self) -> None:
        super().__init__("No mail can reach this.", violations={"email": "must be an e-mail address"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a visitor asks for."""

    email: str
    given_name: str
    family_name: str
    language: str
    topics: tuple[str, ...]
    text_id: uuid.UUID
    form_url: str
    ip_address: str


@dataclass(frozen=True, slots=True)
class Hashes:
    """SHA-256 of a confirmation mail as it was handed over, and of the token in it."""

    mail: bytes
    token: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class SignUp:
    """A wish as it is kept."""

    id: uuid.UUID
    email: str
    given_name: str
    family_name: str
    language: str
    # Topic → text that the visitor saw.
    topics: Mapping[str, uuid.UUID]
    form_url: str
    request_ip: str
    requested_at: datetime
    token_sha256: bytes
    mail_sha256: bytes | None = None
    clicked_at: datetime | None = None
    click_ip: str = ""
    confirmed_at: datetime | None = None
    contact_id: uuid.UUID | None = None

    def expired(self, now: datetime) -> bool:
        """Whether the link came too late; a click in time counts even if its effects took longer."""
        return (self.clicked_at or now) > self.requested_at + LINK_LIFE
