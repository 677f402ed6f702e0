"""Records and texts as the files of the ledger have them."""

from __future__ import annotations

from typing import Any

from services.privacy.consent.model import Leaf, Record, Text, leaf_values


def leaf_line(leaf: Leaf, record: Record) -> dict[str, Any]:
    """A record with its leaf, as the files have it."""
    return {
        "index": leaf.index,
        "hash": leaf.hash.hex(),
        "salt": leaf.salt.hex(),
        "content": leaf_values(record),
    }


def text_line(text: Text) -> dict[str, Any]:
    """A text, as the files have it."""
    return {
        "id": str(text.id),
        "topic": text.topic,
        "language": text.language,
        "version": text.version,
        "title": text.title,
        "text": text.text,
        "withdrawal_notice": text.withdrawal_notice,
        "sha256": text.sha256.hex(),
    }
