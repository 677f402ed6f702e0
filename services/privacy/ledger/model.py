"""Entries of the erasure ledger and the signed statements that leave this database."""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Mapping
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

    def content(self) -> dict[str, Any]:
        """The entry as it is published."""
        return {
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


def canonical(content: Mapping[str, Any]) -> bytes:
    """What a signature is made over: JSON with sorted keys, without spaces, UTF-8."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def sign_statement(content: Mapping[str, Any], signer: Signer) -> str:
    """A statement with its signature and the key's public half, as JSON."""
    signature = base64.b64encode(signer.sign(canonical(content))).decode()
    statement = {"content": content, "public_key": signer.public_key, "signature": signature}
    return json.dumps(statement, sort_keys=True, ensure_ascii=False, indent=1)


def verified_content(statement: str | bytes, public_key: str) -> dict[str, Any] | None:
    """The content of a statement; None unless this very key signed it.

    The key inside the statement is not trusted: anybody can sign with a key of their own.
    """
    read = json.loads(statement)
    content: dict[str, Any] = read["content"]
    signature = base64.b64decode(read["signature"])
    return content if is_signed(canonical(content), signature, public_key) else None
