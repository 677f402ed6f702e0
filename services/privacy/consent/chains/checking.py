"""The check of a proof of one consent from end to end, and what it says: no database, no service, no network.

The file is a statement that the service's key has signed, and what it says has to hold by itself, too: records hash to
their leaves, leaves lead to the signed head, texts are the ones that the records name. What `figures` names is what the
PDF prints.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from kernel.signing import is_signed
from services.privacy.consent.export import WRONG, LedgerCheck
from services.privacy.ledger.model import canonical

CHAIN_KIND = "consent-chain"
ERASED_KIND = "consent-erased"
KINDS = frozenset({CHAIN_KIND, ERASED_KIND})
Figure = tuple[str, str]


def faults_of_statement(raw: bytes, keys: Sequence[str]) -> list[str]:
    """What does not hold of a chain or of an erased leaf; empty if every byte does."""
    check = LedgerCheck(keys)
    try:
        read = json.loads(raw)
        # Bytes that a signature does not cover could be changed without a trace: there is one way only to write it.
        if json.dumps(read, sort_keys=True, ensure_ascii=False, indent=1).encode() != raw:
            check.faults.append("the file is not written as it was handed out")
        content = read["content"]
        if not _is_signed(read, keys):
            check.faults.append("the file: the signature does not hold")
        head = check.statement(content["head"])
        if head is None:
            return [*check.faults, "head: the signature does not hold"]
        if content["kind"] == CHAIN_KIND:
            _check_chain(check, content, head)
        elif not check.leads(content["leaf"], content["path"], head):
            check.faults.append("path: it does not lead from the leaf to the signed head")
    except (*WRONG, RecursionError) as error:
        check.faults.append(f"the file is no proof ({type(error).__name__})")
    return check.faults


def figures(content: Mapping[str, Any]) -> Iterator[Figure]:
    """Everything that is checked, by name, as the command prints it and the PDF has it."""
    head = content["head"]
    yield "head size", str(head["content"]["size"])
    yield "head root", head["content"]["root"]
    yield "head time", head["content"]["time"]
    yield "head signature", head["signature"]
    yield "head key", head["public_key"]
    if content["kind"] == ERASED_KIND:
        yield from _leaf_figures(content["leaf"], content["path"])
        yield "erased", content["erased"]
        return
    for text in content["texts"]:
        yield f"text {text['id']}", text["sha256"]
    for record in content["records"]:
        yield from _leaf_figures(record["leaf"], record["path"])


def _leaf_figures(leaf: Mapping[str, Any], path: Sequence[str]) -> Iterator[Figure]:
    name = f"leaf {leaf['index']}"
    yield f"{name} hash", leaf["hash"]
    if "content" in leaf:
        yield f"{name} salt", leaf["salt"]
        yield f"{name} content", canonical(leaf["content"]).decode()
    for number, each in enumerate(path, 1):
        yield f"{name} path {number}", each


def _is_signed(read: Mapping[str, Any], keys: Sequence[str]) -> bool:
    signature = base64.b64decode(read["signature"], validate=True)
    # The last character of base64 has bits that mean nothing: another one would read the same.
    exact = base64.b64encode(signature).decode() == read["signature"]
    said = canonical(read["content"])
    return exact and read["public_key"] in keys and is_signed(said, signature, read["public_key"])


def _check_chain(check: LedgerCheck, content: Mapping[str, Any], head: Mapping[str, Any]) -> None:
    for text in content["texts"]:
        check.text(text)
    if not content["records"]:
        check.faults.append("records: there is none")
    about, last = None, -1
    for record in content["records"]:
        leaf = record["leaf"]
        check.content(leaf)
        index, said = leaf["index"], leaf["content"]
        if not check.leads(leaf, record["path"], head):
            check.faults.append(f"leaf {index}: its path does not lead to the signed head")
        if index <= last:
            check.faults.append(f"leaf {index}: out of order, or there twice")
        last = index
        same = (said["contact"], said["topic"], said["channel"])
        if about not in (None, same):
            check.faults.append(f"leaf {index}: it is about somebody or something else")
        about = same
