"""The Merkle tree over consent records (RFC 6962 §2.1): cheap to append, and its two kinds of proof.

The roots of perfect subtrees never change once they are full, so they are kept; every proof is made of them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

EMPTY_ROOT = hashlib.sha256(b"").digest()


def leaf_hash(salt: bytes, content: bytes) -> bytes:
    """The hash of a leaf. The salt lies outside the tree: without it the content cannot be guessed."""
    return hashlib.sha256(b"\x00" + salt + content).digest()


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


class Node(NamedTuple):
    """A perfect subtree: the leaves from `position` · 2^level on, 2^level of them."""

    level: int
    position: int


class Span(NamedTuple):
    """The leaves from `start` up to and without `end`."""

    start: int
    end: int


class Root(NamedTuple):
    """What a tree of this many leaves hashes to."""

    size: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Frontier:
    """The roots of the perfect subtrees that a tree of `size` leaves consists of, largest first.

    They are all that is needed to append and to state the root: log2(size) hashes.
    """

    size: int = 0
    nodes: tuple[bytes, ...] = ()

    def append(self, leaf: bytes) -> Frontier:
        """The frontier with one more leaf."""
        return self.grow(leaf)[0]

    def grow(self, leaf: bytes) -> tuple[Frontier, dict[Node, bytes]]:
        """The frontier with one more leaf, and the subtrees above the leaves that it fills."""
        nodes, node, carry = list(self.nodes), leaf, self.size
        filled: dict[Node, bytes] = {}
        level = 0
        while carry & 1:
            node = _node(nodes.pop(), node)
            carry >>= 1
            level += 1
            filled[Node(level, carry)] = node
        return Frontier(self.size + 1, (*nodes, node)), filled

    @property
    def root(self) -> bytes:
        """The Merkle tree hash of all leaves."""
        if not self.nodes:
            return EMPTY_ROOT
        *larger, root = self.nodes
        for node in reversed(larger):
            root = _node(node, root)
        return root


def inclusion_path(index: int, size: int) -> list[Span]:
    """What is hashed together with a leaf on its way to the root of `size` leaves, nearest first (§2.1.1)."""
    path: list[Span] = []
    span = Span(0, size)
    while span.end - span.start > 1:
        middle = span.start + _split(span.end - span.start)
        if index < middle:
            path.append(Span(middle, span.end))
            span = Span(span.start, middle)
        else:
            path.append(Span(span.start, middle))
            span = Span(middle, span.end)
    return path[::-1]


def consistency_path(old: int, new: int) -> list[Span]:
    """What proves that the tree of `old` leaves is the beginning of the one of `new` (§2.1.2)."""
    path: list[Span] = []
    span, whole = Span(0, new), True
    while old != span.end:
        middle = span.start + _split(span.end - span.start)
        if old <= middle:
            path.append(Span(middle, span.end))
            span = Span(span.start, middle)
        else:
            path.append(Span(span.start, middle))
            span, whole = Span(middle, span.end), False
    # The old tree itself is known to whoever checks; a part of it is not.
    return path[::-1] if whole else [span, *path[::-1]]


def nodes_of(span: Span) -> Iterator[Node]:
    """The perfect subtrees that a span of a path consists of, from the left."""
    start = span.start
    while start < span.end:
        level = (span.end - start).bit_length() - 1
        yield Node(level, start >> level)
        start += 1 << level


def hash_of(span: Span, known: Mapping[Node, bytes]) -> bytes:
    """The hash of a span. Errors: KeyError if a subtree is not known."""
    *left, root = (known[node] for node in nodes_of(span))
    for node in reversed(left):
        root = _node(node, root)
    return root


def root_from(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes | None:
    """The root that a leaf and its path lead to; None if the path does not fit index and size (RFC 9162 §2.1.3.2)."""
    if not 0 <= index < size:
        return None
    node, place, last = leaf, index, size - 1
    for other in path:
        if last == 0:
            return None
        if place & 1 or place == last:
            node = _node(other, node)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            node = _node(node, other)
        place, last = place >> 1, last >> 1
    return node if last == 0 else None


def is_consistent(old: Root, new: Root, path: Sequence[bytes]) -> bool:
    """Whether the path proves that nothing of the old tree was changed in the new one (RFC 9162 §2.1.4.2)."""
    if not 0 < old.size <= new.size:
        return False
    if old.size == new.size:
        return not path and old.hash == new.hash
    hashes = list(path) if old.size & (old.size - 1) else [old.hash, *path]
    place, last = old.size - 1, new.size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    if not hashes:
        return False
    was = now = hashes[0]
    for other in hashes[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            was, now = _node(other, was), _node(other, now)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            now = _node(now, other)
        place, last = place >> 1, last >> 1
    return last == 0 and was == old.hash and now == new.hash


def _split(count: int) -> int:
    """The largest power of two below the count: where RFC 6962 divides a tree."""
    return 1 << (count - 1).bit_length() - 1
