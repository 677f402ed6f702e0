"""Tokens that a good provider would never hand out, signed with its own key: only the claims are wrong."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from devstack.idp.database import Database
from devstack.idp.keys import Signer
from tests.e2e.running import Running
from tests.e2e.sso.forgeries import Pen

AUDIENCES = ("kontor-contacts", "kontor-campaigns", "kontor-tickets", "kontor-privacy")


def forge(running: Running, *, role: str = "agent", **changed: Any) -> str:
    """A token with the realm's signature; claims may be replaced, or taken away with None."""
    now = int(time.time())
    claims = {
        "iss": running.env()["KONTOR_OIDC_ISSUER"],
        "aud": list(AUDIENCES),
        "sub": "8a3f0c1e-5f0b-4b57-9d6c-1f2a3b4c5d6e",
        "azp": "kontor-gateway",
        "typ": "Bearer",
        "iat": now,
        "exp": now + 300,
        "realm_access": {"roles": [role]},
    } | changed
    pen = pen_of(running)
    assert pen is not None, "the realm of this stack keeps its key to itself"
    return pen(claims)


def pen_of(running: Running) -> Pen | None:
    """The signature of the embedded provider's realm; None where the stack has another provider."""
    folder = running.folder / "stack" / "idp"
    return realm_pen(folder) if folder.exists() else None


def realm_pen(state: Path) -> Pen:
    """What signs as the realm whose provider keeps its state in this folder."""

    def sign(claims: dict[str, Any], *, header: dict[str, Any] | None = None) -> str:
        database = Database(state)
        try:
            given = {name: value for name, value in claims.items() if value is not None}
            return Signer(database).sign(given, header=header)
        finally:
            database.close()

    return sign
