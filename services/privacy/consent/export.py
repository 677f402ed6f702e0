"""The ledger as a file that stands on its own, and its check: no database, no service, no network.

One JSON object a line: `texts` first, then signed `head`s, then every `leaf` or what is left of an `erased` one, then
`end`. Each head is compared with the root of exactly the leaves it signs for, so that all heads are consistent with one
another if all hold; a head that somebody else kept is compared in the same way.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from kernel.signing import is_signed
from services.privacy.consent.merkle import Frontier, leaf_hash, root_from
from services.privacy.ledger.model import canonical

HEAD_KIND = "consent-tree-head"
PROOF_KIND = "consent-proof"
# What a file raises that is not what it should be.
WRONG = (ValueError, KeyError, TypeError, AttributeError)


def faults_of_proof(proof: Mapping[str, Any], keys: Sequence[str]) -> list[str]:
    """What does not hold of the proof of one consent; empty if everything does."""
    check = LedgerCheck(keys)
    try:
        if proof["text"]:
            check.text(proof["text"])
        check.content(proof["leaf"])
        signed = check.statement(proof["head"])
        if signed is None:
            return [*check.faults, "head: the signature does not hold"]
        if not check.leads(proof["leaf"], proof["path"], signed):
            check.faults.append("path: it does not lead from the leaf to the signed head")
    except WRONG as error:
        check.faults.append(f"the file is no proof ({type(error).__name__})")
    return check.faults


def faults_of_export(
    lines: Iterable[bytes], keys: Sequence[str], elsewhere: Iterable[bytes] = ()
) -> list[str]:
    """What does not hold of an export; empty if everything does.

    `elsewhere` are signed heads, one a line, that were kept outside the database: only those show a ledger that was
    rewritten as a whole together with its heads.
    """
    check = LedgerCheck(keys)
    for number, line in enumerate(elsewhere, 1):
        check.line(line, f"heads, line {number}", lambda read: check.head({"statement": read}))
    for number, line in enumerate(lines, 1):
        check.line(line, f"line {number}", check.entry)
    check.finish()
    return check.faults


class LedgerCheck:
    """Reads a ledger, or a part of it, from its beginning and notes what is wrong."""

    def __init__(self, keys: Sequence[str]) -> None:
        self.faults: list[str] = []
        self._keys = keys
        self._texts: dict[str, str] = {}
        self._heads: dict[int, str] = {}
        self._tree = Frontier()
        self._next = 0
        self._ended = False

    def line(self, line: bytes, where: str, take: Callable[[Any], None]) -> None:
        """One line of a file, whatever it holds."""
        if not line.strip():
            return
        try:
            take(json.loads(line))
        except (*WRONG, RecursionError) as error:
            self.faults.append(f"{where}: it cannot be read ({type(error).__name__})")

    def entry(self, read: Mapping[str, Any]) -> None:
        """A line of the export. Errors: whatever its values are not."""
        if self._ended:
            self.faults.append("something stands after the end")
        kinds = {
            "text": self.text,
            "head": self.head,
            "leaf": self._leaf,
            "erased": self._place,
            "end": self._end,
        }
        kinds[read["kind"]](read)

    def text(self, read: Mapping[str, Any]) -> None:
        """A text that was shown: its hash is the one of its words."""
        shown = "\n\n".join((read["title"], read["text"], read["withdrawal_notice"]))
        if hashlib.sha256(shown.encode()).hexdigest() != read["sha256"]:
            self.faults.append(f"text {read['id']}: it was edited, its hash is another")
        self._texts[read["id"]] = read["sha256"]

    def head(self, read: Mapping[str, Any]) -> None:
        """A signed head."""
        signed = self.statement(read["statement"])
        claimed = int(read["statement"]["content"]["size"])
        if signed is None:
            self.faults.append(f"head of {claimed} leaves: the signature does not hold")
        elif self._heads.setdefault(claimed, signed["root"]) != signed["root"]:
            self.faults.append(f"head of {claimed} leaves: two were signed, and they differ")

    def statement(self, read: Mapping[str, Any]) -> dict[str, Any] | None:
        """The content of a head that one of the keys has signed, else None."""
        content: dict[str, Any] = read["content"]
        signature = base64.b64decode(read["signature"])
        held = any(is_signed(canonical(content), signature, key) for key in self._keys)
        return content if held and content["kind"] == HEAD_KIND else None

    def content(self, read: Mapping[str, Any]) -> None:
        """A record: its leaf is the hash of salt and content, and the text it names is the one that is there."""
        index, content = read["index"], read["content"]
        if leaf_hash(bytes.fromhex(read["salt"]), canonical(content)).hex() != read["hash"]:
            self.faults.append(f"leaf {index}: the record was edited, its hash is another")
        shown = content["text"]
        if shown and shown not in self._texts:
            self.faults.append(f"leaf {index}: the text that was shown is missing")
        elif content.get("text_sha256") and content["text_sha256"] != self._texts.get(shown):
            self.faults.append(f"leaf {index}: another text was shown")

    def leads(self, leaf: Mapping[str, Any], path: Sequence[str], head: Mapping[str, Any]) -> bool:
        """Whether the path leads from the leaf to what a head says."""
        others = [bytes.fromhex(each) for each in path]
        root = root_from(bytes.fromhex(leaf["hash"]), leaf["index"], head["size"], others)
        return root is not None and root.hex() == head["root"]

    def finish(self) -> None:
        """After the last line."""
        if not self._ended:
            self.faults.append("the end is missing: the file was cut off")
        for size in sorted(self._heads):
            if size > self._tree.size:
                self.faults.append(f"head of {size} leaves: only {self._tree.size} are there")

    def _leaf(self, read: Mapping[str, Any]) -> None:
        self.content(read)
        self._place(read)

    def _place(self, read: Mapping[str, Any]) -> None:
        index = int(read["index"])
        if index > self._next:
            self.faults.append(f"leaf {self._next}: missing, leaf {index} stands in its place")
        elif index < self._next:
            self.faults.append(f"leaf {index}: out of order, or there twice")
        self._next = index + 1
        self._tree = self._tree.append(bytes.fromhex(read["hash"]))
        root = self._heads.get(self._tree.size)
        if root is not None and root != self._tree.root.hex():
            self.faults.append(f"head of {self._tree.size} leaves: the leaves lead to another root")

    def _end(self, read: Mapping[str, Any]) -> None:
        self._ended = True
        if read["leaves"] != self._tree.size or read["heads"] > len(self._heads):
            self.faults.append("end: it counts other leaves or heads than there are")
