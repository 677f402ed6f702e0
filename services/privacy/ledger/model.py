"""Entries of the erasure ledger and the signed statements that leave this database."""

from __future__ import annotations

import base64
import hashlib
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kernel.signing import Signer, is_signed


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """A promise to erase, written before anything is destroyed. Ids and keyed hashes, no free text."""

    id: uuid.UUID
    request_id: uuid.UUID
    contact_id: uuid.UUID
    round: int
    plan_hash: bytes
    key_id: str
    identifier_hashes: tuple[bytes, ...]
    recorded_at: datetime
    # What is put on the suppression list with it, as channel:hash under the same key: whoever restores that list
    # must not have to know an address that is gone by then. Promises from before have none.
    suppressions: tuple[str, ...] = ()

    def content(self) -> dict[str, Any]:
        """The entry as it is published."""
        content = {
            "kind": "erasure",
            "id": str(self.id),
            "request": str(self.request_id),
            "contact": str(self.contact_id),
            "round": self.round,
            "plan": self.plan_hash.hex(),
            "key": self.key_id,
            "identifiers": sorted(each.hex() for each in self.identifier_hashes),
            "time": self.recorded_at.isoformat(),
        }
        if self.suppressions:
            # Only where there is one: what was signed before must still read as it was signed.
            content["suppressions"] = sorted(self.suppressions)
        return content


def entry_of(content: Mapping[str, Any]) -> LedgerEntry:
    """The entry that was published. Errors: ValueError if this is none."""
    try:
        entry = LedgerEntry(
            id=uuid.UUID(content["id"]),
            request_id=uuid.UUID(content["request"]),
            contact_id=uuid.UUID(content["contact"]),
            round=int(content["round"]),
            plan_hash=bytes.fromhex(content["plan"]),
            key_id=str(content["key"]),
            identifier_hashes=tuple(bytes.fromhex(each) for each in content["identifiers"]),
            recorded_at=datetime.fromisoformat(content["time"]),
            suppressions=tuple(str(each) for each in content.get("suppressions", ())),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("not an entry of the ledger") from error
    if entry.content() != content:
        raise ValueError("an entry of the ledger that says more, or less, than it should")
    return entry


def canonical(content: Mapping[str, Any]) -> bytes:
    """What a signature is made over: JSON with sorted keys, without spaces, UTF-8."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def sign_statement(content: Mapping[str, Any], signer: Signer) -> str:
    """A statement with its signature and the key's public half, as JSON."""
    return statement_text(content, signer.public_key, signer.sign(canonical(content)))


def statement_text(content: Mapping[str, Any], public_key: str, signature: bytes) -> str:
    """The content with a signature that was made over it."""
    statement = {
        "content": content,
        "public_key": public_key,
        "signature": base64.b64encode(signature).decode(),
    }
    return json.dumps(statement, sort_keys=True, ensure_ascii=False, indent=1)


def verified_content(statement: str | bytes, public_key: str) -> dict[str, Any] | None:
    """The content of a statement; None unless this very key signed it.

    The key inside the statement is not trusted: anybody can sign with a key of their own.
    """
    read = json.loads(statement)
    content: dict[str, Any] = read["content"]
    signature = base64.b64decode(read["signature"])
    return content if is_signed(canonical(content), signature, public_key) else None


@dataclass(frozen=True, slots=True)
class Statement:
    """What this service has signed, as it was found in a copy of the ledger."""

    content: Mapping[str, Any]
    text: str

    @property
    def digest(self) -> str:
        """The same for the same content, whichever of our keys signed it."""
        return hashlib.sha256(canonical(self.content)).hexdigest()


class Untrusted(Exception):
    """A statement that proves nothing; its text is a stable key that says why."""


def trusted(statement: bytes, public_keys: Sequence[str]) -> Statement:
    """The statement, if one of these keys signed it. Errors: Untrusted, whatever the bytes are."""
    try:
        read = json.loads(statement)
        content, signature = read["content"], base64.b64decode(read["signature"], validate=True)
        said = canonical(content)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Untrusted("unreadable") from error
    if not isinstance(content, dict) or not isinstance(content.get("kind"), str):
        raise Untrusted("unreadable")
    if not any(is_signed(said, signature, key) for key in public_keys):
        raise Untrusted("signature")
    return Statement(content, statement.decode())
