"""All SQL of the tree: its leaves in order, its subtrees, its signed heads."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, insert, select, tuple_, union_all, update
from sqlalchemy.orm import InstrumentedAttribute

from kernel.db import AnySession, WriteSession
from services.privacy.consent.merkle import Frontier, Node
from services.privacy.consent.model import Leaf, Record
from services.privacy.consent.store import as_record
from services.privacy.consent.tables import (
    ConsentErasure,
    ConsentNode,
    ConsentRecord,
    ConsentSalt,
    ConsentTree,
    TreeHead,
)


@dataclass(frozen=True, slots=True)
class Head:
    """A signed tree head."""

    size: int
    root: bytes
    signed_at: datetime
    statement: str
    published: bool


async def lock_tree(session: WriteSession) -> Frontier:
    """The tree, held until the transaction ends: leaves get their order here."""
    found = await session.execute(select(ConsentTree.size, ConsentTree.frontier).with_for_update())
    row = found.one()
    return Frontier(row.size, tuple(bytes(node) for node in row.frontier))


async def read_tree(session: AnySession) -> Frontier:
    """The tree as it is."""
    row = (await session.execute(select(ConsentTree.size, ConsentTree.frontier))).one()
    return Frontier(row.size, tuple(bytes(node) for node in row.frontier))


async def hashes(session: AnySession, nodes: set[Node]) -> dict[Node, bytes]:
    """The hashes of leaves and of full subtrees. Two statements, however large the tree."""
    leaves = [n.position for n in nodes if n.level == 0]
    kept = select(ConsentRecord.leaf_index, ConsentRecord.leaf_hash)
    erased = select(ConsentErasure.leaf_index, ConsentErasure.leaf_hash)
    of_leaves = union_all(
        kept.where(ConsentRecord.leaf_index.in_(leaves)), erased.where(ConsentErasure.leaf_index.in_(leaves))
    )
    place = tuple_(ConsentNode.level, ConsentNode.position)
    above = select(ConsentNode.level, ConsentNode.position, ConsentNode.hash)
    above = above.where(place.in_([n for n in nodes if n.level]))
    known = {Node(0, row.leaf_index): row.leaf_hash for row in await session.execute(of_leaves)}
    rows = await session.execute(above)
    return known | {Node(row.level, row.position): row.hash for row in rows}


async def leaves(
    session: AnySession, *, start: int = 0, end: int | None = None
) -> AsyncIterator[tuple[Leaf, Record | None]]:
    """The leaves from `start` up to and without `end`, in order, with salts; no record where it was erased."""
    kept = select(ConsentRecord.leaf_index, ConsentRecord.leaf_hash)
    erased = select(ConsentErasure.leaf_index, ConsentErasure.leaf_hash)
    both = union_all(
        kept.where(*_between(ConsentRecord.leaf_index, start, end)),
        erased.where(*_between(ConsentErasure.leaf_index, start, end)),
    ).subquery()
    statement = (
        select(both.c.leaf_index, both.c.leaf_hash, ConsentSalt.salt, ConsentRecord)
        .outerjoin(ConsentRecord, ConsentRecord.leaf_index == both.c.leaf_index)
        .outerjoin(ConsentSalt, ConsentSalt.record_id == ConsentRecord.id)
        .order_by(both.c.leaf_index)
    )
    result = await session.stream(statement, execution_options={"yield_per": 500})
    async for index, leaf_hash, salt, row in result:
        yield Leaf(leaf_hash, index, salt or b""), as_record(row) if row is not None else None


async def heads(session: AnySession) -> list[Head]:
    """All signed tree heads, smallest first."""
    rows = (await session.execute(select(TreeHead).order_by(TreeHead.size))).scalars()
    return [Head(r.size, r.root, r.signed_at, r.statement, r.published_at is not None) for r in rows]


async def last_head(session: AnySession) -> Head | None:
    """The newest signed tree head."""
    statement = select(TreeHead).order_by(TreeHead.size.desc()).limit(1)
    row = (await session.execute(statement)).scalars().first()
    if row is None:
        return None
    return Head(row.size, row.root, row.signed_at, row.statement, row.published_at is not None)


async def add_head(session: WriteSession, head: Head) -> None:
    """Keeps a signed tree head."""
    await session.execute(
        insert(TreeHead).values(
            size=head.size, root=head.root, signed_at=head.signed_at, statement=head.statement
        )
    )


async def mark_published(session: WriteSession, size: int, at: datetime) -> None:
    """The head is safe outside of this database."""
    await session.execute(update(TreeHead).where(TreeHead.size == size).values(published_at=at))


def _between(index: InstrumentedAttribute[int], start: int, end: int | None) -> list[ColumnElement[bool]]:
    return [index >= start, *([index < end] if end is not None else [])]
