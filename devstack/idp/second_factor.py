"""The second factor of those whose role demands one: asked for, set up at the first sign-in, used once."""

import json
import time
from collections.abc import Mapping
from typing import Any

from flask import session

from devstack.idp import totp
from devstack.idp.database import Database
from devstack.idp.realm import Realm
from devstack.idp.users import User

_PENDING = "second_factor"
_OFFERED = "second_factor_offer"
# As long as Keycloak lets a person take for a step of a sign-in that was begun.
_PATIENCE_S = 300


class SecondFactors:
    """Who has which secret, and which of its codes have been used."""

    def __init__(self, database: Database, realm: Realm) -> None:
        self._database = database
        self._realm = realm

    def demanded(self, user: User) -> bool:
        """Whether one of the person's roles, unfolded, is the one that the realm's sign-in asks about."""
        role = self._realm.second_factor_role
        return role is not None and role in self._realm.effective_roles(user.roles)

    def exists(self, user: User) -> bool:
        return self._row(user.id) is not None

    def keep(self, user_id: str, secret: str, *, step: int = 0) -> None:
        """Remember a new secret; whoever has one keeps it."""
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO second_factors VALUES (?, ?, ?) ON CONFLICT DO NOTHING", (user_id, secret, step)
            )

    def take_over(self, user: User, raw: Mapping[str, Any]) -> None:
        """Keep the secret that Keycloak's representation of the person carries, if any."""
        secret = secret_in(raw)
        if secret is not None:
            self.keep(user.id, secret)

    def proves(self, user: User, typed: str) -> bool:
        """Whether the code is right and has not been used yet; a right one is used up."""
        with self._database.transaction() as connection:
            row = self._row(user.id)
            step = totp.matching_step(row["secret"], typed, after=row["last_step"]) if row else None
            if step is None:
                return False
            connection.execute("UPDATE second_factors SET last_step = ? WHERE user_id = ?", (step, user.id))
        return True

    def offered(self, user: User) -> str | None:
        """The secret to set up, the same one until it is confirmed; None for somebody who has one.

        It waits in the browser's own cookie: signed, and of no use to anybody who is not at this point already.
        """
        if self.exists(user):
            return None
        secret: str = session.setdefault(_OFFERED, totp.new_secret())
        return secret

    def answers(self, user: User, typed: str) -> bool:
        """Whether the code proves the person's factor; the first code confirms one that is being set up."""
        if self.exists(user):
            return self.proves(user, typed)
        secret = session.get(_OFFERED)
        step = totp.matching_step(secret, typed, after=0) if secret else None
        if secret is None or step is None:
            return False
        self.keep(user.id, secret, step=step)
        return True

    def _row(self, user_id: str) -> Any:
        with self._database.transaction() as connection:
            return connection.execute(
                "SELECT secret, last_step FROM second_factors WHERE user_id = ?", (user_id,)
            ).fetchone()


def secret_in(raw: Mapping[str, Any]) -> str | None:
    """The secret in Keycloak's representation of a person, base 32; None without one.

    Raises ValueError for a credential that Keycloak would read differently.
    """
    for credential in raw.get("credentials") or ():
        if credential.get("type") == "otp":
            details = json.loads(credential["credentialData"])
            if details.get("secretEncoding") != "BASE32" or details.get("subType") != "totp":
                raise ValueError("only time-based secrets in base 32 are understood")
            return str(json.loads(credential["secretData"])["value"])
    return None


def begin(user: User) -> None:
    """Note in this browser's cookie, which is signed, that the password was right; nothing else stays in it."""
    session.clear()
    session[_PENDING] = {"user": user.id, "until": int(time.time()) + _PATIENCE_S}


def pending() -> str | None:
    """Who has shown the password in this browser a moment ago."""
    noted = session.get(_PENDING)
    if noted is None or noted["until"] < time.time():
        return None
    return str(noted["user"])
