"""The tree over the consents in numbers: leaves appended a second, and proofs verified a second, among 100,000 leaves.

    python -m bench.merkle

Both in one process and without a database: what the proof itself costs. Medians of five rounds. The last line is one
JSON object.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Sequence
from statistics import median
from time import perf_counter
from typing import NamedTuple

from services.privacy.consent.merkle import (
    Frontier,
    Node,
    hash_of,
    inclusion_path,
    leaf_hash,
    root_from,
)

LEAVES = 100_000
PROOFS = 10_000
ROUNDS = 5


class Tree(NamedTuple):
    """A grown tree: its leaves, every perfect subtree, and what it ended as."""

    leaves: Sequence[bytes]
    nodes: dict[Node, bytes]
    frontier: Frontier


def grow(contents: Sequence[bytes]) -> Tree:
    """Hashes and appends leaf after leaf, as records come in."""
    frontier, leaves, nodes = Frontier(), [], dict[Node, bytes]()
    for content in contents:
        leaf = leaf_hash(content[:16], content)
        frontier, filled = frontier.grow(leaf)
        leaves.append(leaf)
        nodes |= filled
    return Tree(leaves, nodes, frontier)


def proofs(tree: Tree, indices: Sequence[int]) -> list[tuple[int, list[bytes]]]:
    """The path of each leaf to the root."""
    size = tree.frontier.size
    known = tree.nodes | {Node(0, at): leaf for at, leaf in enumerate(tree.leaves)}
    return [(at, [hash_of(span, known) for span in inclusion_path(at, size)]) for at in indices]


def verify(tree: Tree, given: Sequence[tuple[int, list[bytes]]]) -> int:
    """How many of the proofs lead to the root."""
    size, root = tree.frontier.size, tree.frontier.root
    return sum(root_from(tree.leaves[at], at, size, path) == root for at, path in given)


def measure() -> dict[str, int]:
    """Leaves appended and proofs verified a second. Errors: RuntimeError if a proof says something false."""
    contents = [random.randbytes(200) for _ in range(LEAVES)]
    appended, verified = [], []
    for _ in range(ROUNDS):
        began = perf_counter()
        tree = grow(contents)
        appended.append(LEAVES / (perf_counter() - began))
        given = proofs(tree, random.sample(range(LEAVES), PROOFS))
        began = perf_counter()
        right = verify(tree, given)
        verified.append(PROOFS / (perf_counter() - began))
        forged = [((at + 1) % LEAVES, path) for at, path in given]
        if right != PROOFS or verify(tree, forged):
            raise RuntimeError("a proof was refused that is right, or taken that is forged")
    return {
        "merkle_append_per_s": round(median(appended)),
        "merkle_verify_per_s": round(median(verified)),
    }


if __name__ == "__main__":
    print(json.dumps(measure()))
    sys.exit(0)
