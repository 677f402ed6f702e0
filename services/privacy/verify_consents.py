"""Command: check the consent ledger, or the proof of one consent, without trusting anybody who hands it over.

    python -m services.privacy.verify_consents EXPORT --keys KEYS.json [--heads HEADS]

EXPORT is the exported ledger (JSON lines) or one proof (JSON). KEYS.json maps `privacy` to its base64 Ed25519 public
key, as in KONTOR_HOLDER_KEYS, or to a list of keys if it was exchanged. HEADS are signed heads that were kept
elsewhere, one a line. Exits with 0 if everything holds, else with 1 and one line per fault. Needs no database and no
service.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from services.privacy.consent.export import PROOF_KIND, faults_of_export, faults_of_proof

_MOST_SHOWN = 100


def main(arguments: list[str] | None = None) -> int:
    """Reads the arguments and says what does not hold."""
    parser = argparse.ArgumentParser(prog="python -m services.privacy.verify_consents", description=__doc__)
    parser.add_argument("file", type=Path, help="the exported ledger, or one proof")
    parser.add_argument("--keys", type=Path, required=True, help="public keys of the holders as JSON")
    parser.add_argument("--heads", type=Path, help="signed heads that were kept elsewhere")
    chosen = parser.parse_args(arguments)
    keys = _keys(chosen.keys)
    if not keys:
        parser.error("the keys lack the one of privacy, which signs the heads")
    proof = _proof(chosen.file)
    if proof is not None:
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
    return 1 if found else 0


def _keys(file: Path) -> list[str]:
    """Every key that may have signed; none if the file is something else."""
    try:
        read = json.loads(file.read_bytes())
    except ValueError:
        return []
    found = read.get("privacy", []) if isinstance(read, dict) else []
    return [found] if isinstance(found, str) else list(found)


def _proof(file: Path) -> dict[str, Any] | None:
    """The proof of one consent, if the file is one."""
    with file.open("rb") as opened:
        # An export is recognised by its first line, however large it is.
        first = opened.readline(1_000_000)
        if first.strip() not in (b"{", b"") and b"consent-proof" not in first:
            return None
        rest = opened.read(10_000_000)
    try:
        read = json.loads(first + rest)
    except ValueError:
        return None
    return read if isinstance(read, dict) and read.get("kind") == PROOF_KIND else None


if __name__ == "__main__":
    sys.exit(main())
