"""Consent records as values: their states, what makes evidence complete, what their leaves are made of."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum

from kernel.errors import FailedPrecondition, InvalidArgument, NotFound

DOUBLE_OPT_IN = "double-opt-in"
PORTAL_LOGIN = "portal-login"
# Given by the holder of parental responsibility (Art. 8 GDPR), by the link in a mail to their own address.
PARENT_DOUBLE_OPT_IN = "parent-double-opt-in"
# By the link in the mail that asks before a consent ends.
RENEWAL_MAIL = "renewal-mail"
WITH_A_MAIL = (DOUBLE_OPT_IN, PARENT_DOUBLE_OPT_IN, RENEWAL_MAIL)


class State(IntEnum):
    """As on the wire."""

    REQUESTED = 1
    GIVEN = 2
    REFUSED = 3
    WITHDRAWN = 4
    EXPIRED = 5
    RENEWED = 6


# What permits a message, as long as it holds.
STANDING = frozenset({State.GIVEN, State.RENEWED})


class ContactErased(FailedPrecondition):
    """The contact was erased; nothing is recorded about it any more."""


class ConsentTextNotFound(NotFound):
    """No text for this topic and language, or the id is none of this topic's."""


class TopicUnknown(NotFound):
    """Nobody was ever asked about this topic, and nothing about it was recorded for this contact."""


class ConsentNotFound(NotFound):
    """Nothing was ever recorded for this contact and topic."""


class HeadNotFound(NotFound):
    """No head was signed at this size."""


class TreeDamaged(FailedPrecondition):
    """What is stored no longer leads to what was signed: somebody edited the ledger."""


class EmailNotVerified(FailedPrecondition):
    """A login proves an address only if the identity provider has verified it."""


class WithdrawnSince(FailedPrecondition):
    """Evidence from before a withdrawal: a late report must not undo what the person decided later."""


class EvidenceIncomplete(InvalidArgument):
    """Without these values the consent could not be proven (§ 7a UWG)."""


@dataclass(frozen=True, slots=True)
class Text:
    """What a person was shown."""

    id: uuid.UUID
    topic: str
    language: str
    version: int
    title: str
    text: str
    withdrawal_notice: str
    sha256: bytes
    # Whether consents to earlier versions do not cover this one, and from when it is shown; always, if None.
    material: bool = False
    effective_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """What proves a record in court. The addresses are kept elsewhere, and shorter."""

    form_url: str = ""
    language: str = ""
    request_time: datetime | None = None
    confirm_time: datetime | None = None
    mail_sha256: bytes = b""
    token_sha256: bytes = b""
    method: str = ""
    request_ip: str = ""
    confirm_ip: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """One entry of the ledger."""

    id: uuid.UUID
    contact_id: uuid.UUID
    topic: str
    channel: int
    state: State
    text_id: uuid.UUID | None
    recorded_at: datetime
    evidence: Evidence
    text_sha256: bytes = b""

    @property
    def since(self) -> datetime:
        """From when a consent counts: from the person's own click, however late it was told here."""
        confirmed = self.evidence.confirm_time
        return self.recorded_at if confirmed is None else min(confirmed, self.recorded_at)


@dataclass(frozen=True, slots=True)
class Leaf:
    """A record's place in the tree."""

    hash: bytes
    index: int
    salt: bytes = b""

    @property
    def tree_size(self) -> int:
        """The size of the tree with this leaf as its last."""
        return self.index + 1


def leaf_content(record: Record) -> bytes:
    """The canonical form that a leaf's hash is made over: JSON, sorted keys, no spaces, UTC."""
    return json.dumps(leaf_values(record), sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def leaf_values(record: Record) -> dict[str, str | int]:
    """What the leaf says. A value that came later is part of it only where it is set: older leaves stay as they are."""
    evidence = record.evidence
    content: dict[str, str | int] = {
        "id": str(record.id),
        "contact": str(record.contact_id),
        "topic": record.topic,
        "channel": record.channel,
        "state": int(record.state),
        "text": str(record.text_id or ""),
        "recorded": _utc(record.recorded_at),
        "form": evidence.form_url,
        "language": evidence.language,
        "requested": _utc(evidence.request_time),
        "confirmed": _utc(evidence.confirm_time),
        "mail": evidence.mail_sha256.hex(),
        "token": evidence.token_sha256.hex(),
        "method": evidence.method,
    }
    if record.text_sha256:
        content["text_sha256"] = record.text_sha256.hex()
    return content


def require_complete(evidence: Evidence) -> None:
    """Errors: EvidenceIncomplete, naming what a double opt-in lacks."""
    if not evidence.method:
        raise _incomplete({"evidence.method": "is required"})
    if evidence.method not in WITH_A_MAIL:
        return
    missing = {
        f"evidence.{name}": "is required for a double opt-in"
        for name in ("request_time", "confirm_time", "mail_sha256")
        if not getattr(evidence, name)
    }
    if missing:
        raise _incomplete(missing)
    assert evidence.request_time is not None
    assert evidence.confirm_time is not None
    if evidence.confirm_time < evidence.request_time:
        raise _incomplete({"evidence.confirm_time": "lies before the request"})


def _incomplete(violations: dict[str, str]) -> EvidenceIncomplete:
    return EvidenceIncomplete("The evidence of this consent is incomplete.", violations=violations)


def _utc(moment: datetime | None) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds") if moment else ""
