"""The records of one consent as values, where each stands in the tree, and the file that proves them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Any

from kernel.errors import FailedPrecondition, NotFound
from services.privacy.consent.chains.checking import CHAIN_KIND, ERASED_KIND
from services.privacy.consent.lines import leaf_line, text_line
from services.privacy.consent.merkle import leaf_hash, root_from
from services.privacy.consent.model import Leaf, Record, State, Text, leaf_content
from services.privacy.texts.model import Translation

PDF, JSON = 1, 2


class LeafState(IntEnum):
    """As on the wire."""

    PROVEN = 1
    WAITING = 2
    DAMAGED = 3
    ERASED = 4


class LeafNotFound(NotFound):
    """The tree has no such place, or something else stands there."""


class NotYetSigned(FailedPrecondition):
    """No signed head covers any of it; the next one does, within a day."""


@dataclass(frozen=True, slots=True)
class Signed:
    """A signed head of the tree."""

    size: int
    root: bytes
    signed_at: datetime
    statement: str


@dataclass(frozen=True, slots=True)
class Link:
    """A record, its leaf, the text that was shown, and the way to the signed head."""

    record: Record
    leaf: Leaf
    text: Text | None
    path: tuple[bytes, ...]
    state: LeafState
    addresses_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Chain:
    """All records of one contact, topic and channel, oldest first; `omitted` older ones are left out."""

    links: tuple[Link, ...]
    head: Signed | None
    omitted: int = 0

    @property
    def proven(self) -> tuple[Link, ...]:
        """What the head covers."""
        return tuple(link for link in self.links if link.state is not LeafState.WAITING)

    @property
    def about(self) -> Record:
        """Any of its records: they all name the same contact, topic and channel."""
        return self.links[-1].record

    @property
    def counting(self) -> Record:
        """The record that counts: a mere request only while nothing else does."""
        decided = [link.record for link in self.links if link.record.state is not State.REQUESTED]
        return decided[-1] if decided else self.links[-1].record


@dataclass(frozen=True, slots=True)
class Place:
    """What stands at a place of the tree: a record's id, or since when only the hash does."""

    leaf: Leaf
    record_id: str = ""
    erased_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Paper:
    """A proof as a file."""

    file_name: str
    media_type: str
    content: bytes


def is_shown(record: Record, text: Text | None) -> bool:
    """Whether the text is still the one that was shown; records of before do not say its hash."""
    if text is None:
        return record.text_id is None
    same = Translation(text.title, text.text, text.withdrawal_notice).sha256 == text.sha256
    return same and record.text_sha256 in (b"", text.sha256)


def state_of(record: Record, leaf: Leaf, path: Sequence[bytes], head: Signed | None) -> LeafState:
    """Whether a record hashes to its leaf, and the leaf leads to the head."""
    if leaf_hash(leaf.salt, leaf_content(record)) != leaf.hash:
        return LeafState.DAMAGED
    return state_of_leaf(leaf, path, head)


def state_of_leaf(leaf: Leaf, path: Sequence[bytes], head: Signed | None) -> LeafState:
    """Whether the leaf leads to the head, whatever it was made of."""
    if head is None or head.size <= leaf.index:
        return LeafState.WAITING
    proven = root_from(leaf.hash, leaf.index, head.size, path) == head.root
    return LeafState.PROVEN if proven else LeafState.DAMAGED


def chain_content(chain: Chain, head: Signed) -> dict[str, Any]:
    """What the proof says: everything that the head covers. The same head gives the same content."""
    texts = {link.text.id: link.text for link in chain.proven if link.text}
    return {
        "kind": CHAIN_KIND,
        "head": json.loads(head.statement),
        "omitted": chain.omitted,
        "records": [
            {"leaf": leaf_line(link.leaf, link.record), "path": [each.hex() for each in link.path]}
            for link in chain.proven
        ],
        "texts": [text_line(text) for text in texts.values()],
    }


def erased_content(place: Place, path: Sequence[bytes], head: Signed) -> dict[str, Any]:
    """What is left to say of an erased record: its place, its hash, and that both were signed."""
    assert place.erased_at is not None
    return {
        "kind": ERASED_KIND,
        "head": json.loads(head.statement),
        "leaf": {"index": place.leaf.index, "hash": place.leaf.hash.hex()},
        "erased": place.erased_at.isoformat(),
        "path": [each.hex() for each in path],
    }
