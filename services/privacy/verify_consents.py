"""Command: check the consent ledger, or the proof of one consent, without trusting anybody who hands it over.

    python -m services.privacy.verify_consents EXPORT --keys KEYS.json [--heads HEADS] [--print]

EXPORT is the exported ledger (JSON lines) or one proof (JSON): of one record, of a consent from its request to its
withdrawal, or of an erased record. KEYS.json maps `privacy` to its base64 Ed25519 public key, as in KONTOR_HOLDER_KEYS,
or to a list of keys if it was exchanged. HEADS are signed heads that were kept elsewhere, one a line. Exits with 0 if
everything holds, else with 1 and one line per fault. --print adds the figures that were checked, as a printed proof has
them. Needs no database and no service.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from services.privacy.consent.chains.checking import KINDS, faults_of_statement, figures
from services.privacy.consent.export import PROOF_KIND, faults_of_export, faults_of_proof

_MOST_SHOWN = 100
_MOST_BYTES = 10_000_000


def main(arguments: list[str] | None = None) -> int:
    """Reads the arguments and says what does not hold."""
    parser = argparse.ArgumentParser(prog="python -m services.privacy.verify_consents", description=__doc__)
    parser.add_argument("file", type=Path, help="the exported ledger, or one proof")
    parser.add_argument("--keys", type=Path, required=True, help="public keys of the holders as JSON")
    parser.add_argument("--heads", type=Path, help="signed heads that were kept elsewhere")
    parser.add_argument("--print", action="store_true", help="print the figures of a proof that holds")
    chosen = parser.parse_args(arguments)
    keys = _keys(chosen.keys)
    if not keys:
        parser.error("the keys lack the one of privacy, which signs the heads")
    raw, proof = _proof(chosen.file)
    if _said(proof) is not None:
        found = faults_of_statement(raw, keys)
    elif proof is not None:
        found = faults_of_proof(proof, keys)
    else:
        kept = chosen.heads.read_bytes().splitlines() if chosen.heads else []
        with chosen.file.open("rb") as lines:
            found = faults_of_export(lines, keys, kept)
    for fault in found[:_MOST_SHOWN]:
        print(fault)
    if len(found) > _MOST_SHOWN:
        print(f"… and {len(found) - _MOST_SHOWN} more")
    if not found:
        print("The consent holds." if proof is not None else "The ledger and every head of it hold.")
        said = _said(proof)
        if chosen.print and said is not None:
            for name, value in figures(said):
                print(f"{name}: {value}")
    return 1 if found else 0


def _keys(file: Path) -> list[str]:
    """Every key that may have signed; none if the file is something else."""
    try:
        read = json.loads(file.read_bytes())
    except ValueError:
        return []
    found = read.get("privacy", []) if isinstance(read, dict) else []
    return [found] if isinstance(found, str) else list(found)


def _said(proof: dict[str, Any] | None) -> dict[str, Any] | None:
    """What a signed proof says; None for one that is not signed, and for a ledger."""
    content = (proof or {}).get("content")
    return content if isinstance(content, dict) and content.get("kind") in KINDS else None


def _proof(file: Path) -> tuple[bytes, dict[str, Any] | None]:
    """The bytes, and the proof that they are; None if the file is a ledger."""
    with file.open("rb") as opened:
        # An export is recognised by its first line, however large it is.
        first = opened.readline(1_000_000)
        if first.strip() not in (b"{", b"") and b"consent-proof" not in first:
            return b"", None
        raw = first + opened.read(_MOST_BYTES)
    try:
        read = json.loads(raw)
    except ValueError:
        return raw, None
    if not isinstance(read, dict):
        return raw, None
    return raw, read if read.get("kind") == PROOF_KIND or _said(read) is not None else None


if __name__ == "__main__":
    sys.exit(main())
