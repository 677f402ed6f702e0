"""Use cases around the tree: the proof of one record, of the tree's growth, and the ledger as a file."""

from __future__ import annotations

import json
import uuid
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

from kernel.db import AnySession, Database
from kernel.rpc.call import current_call, note_subjects
from services.privacy.consent import store
from services.privacy.consent.export import PROOF_KIND
from services.privacy.consent.lines import leaf_line, text_line
from services.privacy.consent.merkle import (
    Root,
    Span,
    consistency_path,
    hash_of,
    inclusion_path,
    is_consistent,
    leaf_hash,
    nodes_of,
    root_from,
)
from services.privacy.consent.model import (
    ConsentNotFound,
    HeadNotFound,
    Text,
    TreeDamaged,
    leaf_content,
)
from services.privacy.consent.store import Entry
from services.privacy.consent.tree import store as trees
from services.privacy.consent.tree.store import Head
from services.privacy.consent.wordings import store as wordings

_LINES = 500


@dataclass(frozen=True, slots=True)
class Proof:
    """A record, its leaf, and the way from there to a signed head; no head while none covers it."""

    entry: Entry
    text: Text | None
    path: tuple[bytes, ...]
    head: Head | None

    def as_file(self) -> bytes:
        """The proof as `verify_consents` reads it."""
        content = {
            "kind": PROOF_KIND,
            "leaf": leaf_line(self.entry.leaf, self.entry.record),
            "text": text_line(self.text) if self.text else None,
            "path": [each.hex() for each in self.path],
            "head": json.loads(self.head.statement) if self.head else None,
        }
        return json.dumps(content, ensure_ascii=False).encode()


@dataclass(frozen=True, slots=True)
class Growth:
    """That one signed tree is the beginning of another."""

    old: Head
    new: Head
    path: tuple[bytes, ...]


class ProofService:
    """Proves what the ledger holds to somebody who does not trust it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get_consent_proof(self, contact_id: uuid.UUID, record_id: uuid.UUID) -> Proof:
        """The proof of one record of this contact. Errors: ConsentNotFound, TreeDamaged."""
        note_subjects([contact_id])
        async with self._database.reading() as session:
            entry = await store.find_entry(session, record_id)
            if entry is None or entry.record.contact_id != contact_id:
                raise ConsentNotFound("There is no such record.")
            text_id = entry.record.text_id
            text = await wordings.find_text(session, text_id) if text_id else None
            head = await trees.last_head(session)
            if head is None or head.size <= entry.leaf.index:
                return Proof(entry, text, (), None)
            path = await path_hashes(session, inclusion_path(entry.leaf.index, head.size))
        leaf = leaf_hash(entry.leaf.salt, leaf_content(entry.record))
        if root_from(leaf, entry.leaf.index, head.size, path) != head.root:
            raise TreeDamaged("This record no longer leads to what was signed.")
        return Proof(entry, text, path, head)

    async def get_consistency_proof(self, *, old_size: int, new_size: int) -> Growth:
        """That nothing before the old head has changed up to the new one. Errors: HeadNotFound, TreeDamaged."""
        async with self._database.reading() as session:
            by_size = {head.size: head for head in await trees.heads(session)}
            old, new = by_size.get(old_size), by_size.get(new_size)
            if old is None or new is None or old_size > new_size:
                raise HeadNotFound("No head was signed at this size.")
            path = await path_hashes(session, consistency_path(old_size, new_size))
        if not is_consistent(Root(old.size, old.root), Root(new.size, new.root), path):
            raise TreeDamaged("The tree no longer leads from one signed head to the other.")
        return Growth(old, new, path)

    async def list_tree_heads(self) -> list[Head]:
        """Every signed head, smallest first."""
        async with self._database.reading() as session:
            return await trees.heads(session)

    async def collect_ledger(self) -> AsyncIterator[bytes]:
        """The whole ledger as JSON lines, some hundred at a time."""
        lines: list[str] = []
        call = current_call()
        async with self._database.transaction() as session:
            # All of it, however many leaves there are; only the caller's patience ends that.
            await session.take_time(call.remaining() if call is not None else None)
            async for entry in _entries(session):
                lines.append(json.dumps(entry, ensure_ascii=False))
                if len(lines) == _LINES:
                    yield _joined(lines)
                    lines = []
        yield _joined(lines)


async def _entries(session: AnySession) -> AsyncIterator[dict[str, Any]]:
    # Heads are read before the leaves: what is signed meanwhile covers leaves that the file may not have.
    signed = await trees.heads(session)
    async for text in wordings.all_texts(session):
        yield {"kind": "text", **text_line(text)}
    for head in signed:
        yield {"kind": "head", "statement": json.loads(head.statement)}
    leaves = 0
    async for leaf, record in trees.leaves(session):
        leaves += 1
        if record is None:
            yield {"kind": "erased", "index": leaf.index, "hash": leaf.hash.hex()}
        else:
            yield {"kind": "leaf", **leaf_line(leaf, record)}
    yield {"kind": "end", "leaves": leaves, "heads": len(signed)}


async def path_hashes(session: AnySession, spans: Sequence[Span]) -> tuple[bytes, ...]:
    """The hashes of a path; empty where a subtree is gone, so that whoever checks sees it."""
    known = await trees.hashes(session, {node for span in spans for node in nodes_of(span)})
    # A subtree that is gone cannot be the right one; the check that follows says so.
    return tuple(hash_of(span, known) if known.keys() >= set(nodes_of(span)) else b"" for span in spans)


def _joined(lines: Sequence[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()
