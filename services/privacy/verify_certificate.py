"""Command: check a certificate of erasure without trusting anybody who hands it over.

    python -m services.privacy.verify_certificate FILE --keys KEYS.json

KEYS.json maps each holder to its base64 Ed25519 public key, as in KONTOR_HOLDER_KEYS; the certificate itself
must be signed by the one of `privacy`. Exits with 0 if everything holds, else with 1 and one line per fault.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from services.privacy.requests.certificate import faults


def main(arguments: list[str] | None = None) -> int:
    """Reads the arguments and says what is wrong."""
    parser = argparse.ArgumentParser(
        prog="python -m services.privacy.verify_certificate", description=__doc__
    )
    parser.add_argument("file", type=Path, help="the certificate as JSON")
    parser.add_argument("--keys", type=Path, required=True, help="public keys of the holders as JSON")
    chosen = parser.parse_args(arguments)
    keys: dict[str, str] = json.loads(chosen.keys.read_text(encoding="utf-8"))
    if "privacy" not in keys:
        parser.error("the keys lack the one of privacy, which signs certificates")
    try:
        found = faults(chosen.file.read_bytes(), certificate_key=keys["privacy"], holder_keys=keys)
    except (ValueError, KeyError, TypeError) as error:
        found = [f"the file is no certificate ({type(error).__name__})"]
    for fault in found:
        print(fault)
    if not found:
        print("The certificate and every receipt in it hold.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
