"""Askings as values: what may be asked without a login, how often, and how long a code is good."""

from __future__ import annotations

import hashlib
import hmac
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from ipaddress import IPv6Address, ip_address

from kernel.addresses import normal_email
from kernel.errors import InvalidArgument, NotFound, ResourceExhausted
from services.privacy.requests.course import CHANNEL_PUBLIC, OBJECTS_TO
from services.privacy.requests.identity.model import VERIFIED_BY_CODE
from services.privacy.requests.model import SUBJECT, SYSTEM, Correction, Kind, State, Transition, Wish

# As the mail says, from the asking on: with the code the asking itself goes.
LASTS = timedelta(days=7)
# A second asking within this time brings no second mail: pressing twice is one wish.
PAUSE = timedelta(minutes=10)
# Nobody's mailbox is filled by a stranger who knows the address.
A_DAY = 3
# Mails that one client sets going in an hour: a household asks less often, and a machine gives up.
AN_HOUR = 10
# Who holds a whole network of version 6 has more addresses than there are people.
_NETWORK_BITS = 64


class Letter(IntEnum):
    """What a mail about an asking brings; as `AskingMailKind` on the wire."""

    CODE = 1
    NOTHING_HELD = 2
    KEPT = 3


class AskingGone(NotFound):
    """No such mail is wanted: the asking has ended, was answered, or is deleted."""


class TooManyAskings(ResourceExhausted):
    """One client has set more mails going in an hour than a person needs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What somebody asks for on the public page."""

    email: str
    kind: Kind
    language: str
    message: str = ""
    ground: int = 0
    objection: int = 0

    def checked(self) -> Asked:
        """With the address as it is kept. Errors: InvalidArgument, the same for every address."""
        email = normal_email(self.email)
        wrong: dict[str, str] = {}
        if email is None:
            wrong["email"] = "must be an e-mail address"
        if self.kind is Kind.RECTIFICATION and not self.message.strip():
            wrong["message"] = "must say what is wrong"
        if (self.kind is Kind.RESTRICTION) is not bool(self.ground):
            wrong["ground"] = "must be set for a restriction, and for nothing else"
        if self.kind is Kind.OBJECTION and self.objection not in OBJECTS_TO:
            wrong["objection"] = "must be set for an objection"
        if email is None or wrong:
            raise InvalidArgument("It cannot be asked like this.", violations=wrong)
        return Asked(
            email=email,
            kind=self.kind,
            language=self.language,
            message=self.message.strip(),
            ground=self.ground,
            objection=self.objection,
        )

    @property
    def wish(self) -> Wish:
        """What the request says beside its kind. Only staff can match words with a record."""
        wrong = self.kind is Kind.RECTIFICATION
        return Wish(
            ground=self.ground,
            objection=self.objection,
            corrections=(Correction("other", "", self.message),) if wrong else (),
        )


@dataclass(frozen=True, slots=True)
class Asking:
    """One asking as it is kept."""

    id: uuid.UUID
    asked: Asked
    asked_at: datetime
    letter: Letter = Letter.CODE
    code_mac: bytes | None = None
    tries: int = 0
    ended_at: datetime | None = None
    confirmed_at: datetime | None = None
    settled_at: datetime | None = None

    def open_at(self, now: datetime) -> bool:
        """Whether the code can still come."""
        return self.ended_at is None and self.confirmed_at is None and now < self.asked_at + LASTS

    def wants(self, letter: Letter, now: datetime) -> bool:
        """Whether this mail may go out now."""
        return self.letter is letter and (letter is not Letter.CODE or self.open_at(now))

    def steps(self, confirmed_at: datetime) -> tuple[Transition, ...]:
        """The steps of the request that it becomes: received when it was asked, in doubt until the code."""
        return (
            Transition(State.RECEIVED, self.asked_at, SUBJECT, f"by-{CHANNEL_PUBLIC}"),
            Transition(State.VERIFYING, self.asked_at, SYSTEM, "identity-in-doubt"),
            Transition(State.ACCEPTED, confirmed_at, SUBJECT, VERIFIED_BY_CODE),
        )


class ClientHasher:
    """Keyed hashes of network addresses: enough to count with, and nothing that could be read."""

    def __init__(self, secrets: Sequence[str]) -> None:
        self._key = hashlib.sha256(b"asking-client\0" + secrets[0].encode()).digest()

    def of(self, client: str) -> bytes:
        """The hash of the client's network."""
        return hmac.digest(self._key, _network(client).encode(), "sha256")


def _network(client: str) -> str:
    try:
        found = ip_address(client)
    except ValueError:
        return client
    if not isinstance(found, IPv6Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(IPv6Address(int(found) >> _NETWORK_BITS << _NETWORK_BITS))
