"""How a record comes into the ledger: made, salted, hashed, and put behind the last leaf."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from kernel.db import WriteSession
from kernel.erased import is_erased
from kernel.identity import Principal
from kernel.ids import new_id
from services.privacy.consent import store
from services.privacy.consent.merkle import Frontier, Node, leaf_hash
from services.privacy.consent.model import (
    PORTAL_LOGIN,
    ContactErased,
    EmailNotVerified,
    Evidence,
    Leaf,
    Record,
    State,
    Text,
    leaf_content,
)
from services.privacy.consent.store import Entry

_SALT_BYTES = 16


@dataclass(frozen=True, slots=True)
class Subject:
    """What a consent is about: whose, for what, on which way."""

    contact_id: uuid.UUID
    topic: str
    channel: int

    @classmethod
    def of(cls, record: Record) -> Subject:
        """What a record is about."""
        return cls(record.contact_id, record.topic, record.channel)


def new_record(
    about: Subject, state: State, text: Text | None, evidence: Evidence, *, at: datetime
) -> Record:
    """A record of now."""
    return Record(
        id=new_id(),
        contact_id=about.contact_id,
        topic=about.topic,
        channel=about.channel,
        state=state,
        text_id=text.id if text else None,
        text_sha256=text.sha256 if text else b"",
        recorded_at=at,
        evidence=evidence,
    )


async def require_not_erased(session: WriteSession, about: Subject) -> None:
    """Errors: ContactErased.

    Asked before the tree is locked: whoever waits here for an erasure must not hold up everybody else's records.
    """
    if await is_erased(session, about.contact_id):
        raise ContactErased("This contact was erased.")


async def append_records(session: WriteSession, frontier: Frontier, records: Sequence[Record]) -> None:
    """Adds leaves to the tree that `lock_tree` holds."""
    entries = []
    filled: dict[Node, bytes] = {}
    for record in records:
        salt = secrets.token_bytes(_SALT_BYTES)
        leaf = Leaf(hash=leaf_hash(salt, leaf_content(record)), index=frontier.size, salt=salt)
        frontier, more = frontier.grow(leaf.hash)
        filled |= more
        entries.append(Entry(record, leaf))
    await store.append(session, entries, frontier, filled)


def by_login(evidence: Evidence, caller: Principal, *, at: datetime) -> Evidence:
    """The evidence of somebody who is logged in. Errors: EmailNotVerified.

    The login is the proof; whatever else the page claims about its own caller proves nothing.
    """
    if not caller.email_verified:
        raise EmailNotVerified("Confirm your e-mail address first.", reason="EMAIL_NOT_VERIFIED")
    return Evidence(
        form_url=evidence.form_url,
        language=evidence.language,
        request_time=at,
        confirm_time=at,
        method=PORTAL_LOGIN,
        request_ip=evidence.request_ip,
        confirm_ip=evidence.confirm_ip,
    )
