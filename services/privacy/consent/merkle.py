"""The Merkle tree over consent records (RFC 6962 §2.1), kept as its frontier so that appending is cheap."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

EMPTY_ROOT = hashlib.sha256(b"").digest()


def leaf_hash(salt: bytes, content: bytes) -> bytes:
    """The hash of a leaf. The salt lies outside the tree: without it the content cannot be guessed."""
    return hashlib.sha256(b"\x00" + salt + content).digest()


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True, slots=True)
class Frontier:
    """The roots of the perfect subtrees that a tree of `size` leaves consists of, largest first.

    They are all that is needed to append and to state the root: log2(size) hashes.
    """

    size: int = 0
    nodes: tuple[bytes, ...] = ()

    def append(self, leaf: bytes) -> Frontier:
        """The frontier with one more leaf."""
        nodes, node, carry = list(self.nodes), leaf, self.size
        while carry & 1:
            node = _node(nodes.pop(), node)
            carry >>= 1
        return Frontier(self.size + 1, (*nodes, node))

    @property
    def root(self) -> bytes:
        """The Merkle tree hash of all leaves."""
        if not self.nodes:
            return EMPTY_ROOT
        *larger, root = self.nodes
        for node in reversed(larger):
            root = _node(node, root)
        return root
