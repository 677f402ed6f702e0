"""The secrets of one embedded stack: made once, kept in a file that only its owner may read."""

import base64
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

BACK_ENDS = ("contacts", "campaigns", "tickets", "privacy")
WEB = ("portal", "gateway")
PROCESSES = (*BACK_ENDS, *WEB)
CLIENTS = (*PROCESSES, "integrator", "admin")
# Who reads facts from outside, each with a NATS user of that name.
READERS = ("integrator",)
DATABASES = (*PROCESSES, "keycloak")


@dataclass(frozen=True)
class Keys:
    """Every secret that the environment of a process may need."""

    postgres: str
    nats: str
    keycloak: str
    databases: Mapping[str, str]
    clients: Mapping[str, str]
    roots: Mapping[str, str]
    readers: Mapping[str, str]
    signing: Mapping[str, str]
    peppers: Mapping[str, str]
    pepper_id: str

    def holder_keys(self) -> dict[str, str]:
        """The public halves of the signing keys, by service."""
        return {name: _public(seed) for name, seed in self.signing.items()}


def load(file: Path) -> Keys:
    """The secrets in `file`; what it does not hold yet is made now."""
    known = json.loads(file.read_text()) if file.exists() else {}
    made = asdict(_make())
    # A folder of an earlier release keeps every secret that it has: its databases know no other.
    complete: dict[str, Any] = {
        name: {**fresh, **known.get(name, {})} if isinstance(fresh, dict) else known.get(name, fresh)
        for name, fresh in made.items()
    }
    if complete != known:
        _save(Keys(**complete), file)
    return Keys(**complete)


def _make() -> Keys:
    return Keys(
        postgres=secrets.token_hex(16),
        nats=secrets.token_hex(16),
        keycloak=secrets.token_urlsafe(32),
        databases={name: secrets.token_hex(16) for name in DATABASES},
        clients={name: secrets.token_urlsafe(32) for name in CLIENTS},
        roots={name: secrets.token_urlsafe(48) for name in PROCESSES},
        readers={name: secrets.token_hex(16) for name in READERS},
        signing={name: _seed() for name in BACK_ENDS},
        peppers={"demo-1": _seed()},
        pepper_id="demo-1",
    )


def _save(keys: Keys, file: Path) -> None:
    # Renamed into place: a half-written file would lock the stack out of its own database.
    partial = file.with_suffix(".new")
    partial.unlink(missing_ok=True)
    handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as output:
        json.dump(asdict(keys), output, indent=2)
    partial.rename(file)


def _seed() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


def _public(seed: str) -> str:
    key = Ed25519PrivateKey.from_private_bytes(base64.b64decode(seed))
    return base64.b64encode(key.public_key().public_bytes_raw()).decode()
