"""Tokens that a good provider would never hand out, signed with its own key: only the claims are wrong."""

from __future__ import annotations

import time
from typing import Any

from devstack.idp.database import Database
from devstack.idp.keys import Signer
from tests.e2e.running import Running

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
    signer = Signer(Database(running.folder / "stack" / "idp"))
    return signer.sign({name: value for name, value in claims.items() if value is not None})
