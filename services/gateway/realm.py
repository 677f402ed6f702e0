"""Who has a role, asked of the realm's admin interface with the gateway's own account.

Two questions a role; python-keycloak would bring an async HTTP stack into the page for them.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import Any
from urllib.parse import quote

import requests
from flask import Flask, current_app

from kernel.errors import Unavailable
from services.gateway.config import GatewaySettings

_KEY = "gateway.realm"
_TIMEOUT_S = 3.0
# All questions of one page together.
_BUDGET_S = 8.0
# More people than this in one role are a number.
MOST = 100


class RealmSilent(Exception):
    """The realm does not answer, or does not let the gateway look."""


@dataclass(frozen=True)
class Member:
    """Somebody with a role; `group` says which group gives it, if one does."""

    name: str
    login: str
    enabled: bool = True
    group: str = ""


class Realm:
    """The people of the realm, as far as staff roles go."""

    def __init__(self, settings: GatewaySettings, *, token: Callable[[], str]) -> None:
        base, _, realm = settings.oidc_issuer.rpartition("/realms/")
        self._admin = f"{base}/admin/realms/{realm}"
        self._token = token

    def members(self, roles: list[str]) -> dict[str, list[Member]]:
        """The people of each role, by name or through a group, at most `MOST` of either. Errors: RealmSilent."""
        until = monotonic() + _BUDGET_S
        found: dict[str, list[Member]] = {}
        for role in roles:
            if monotonic() > until:
                raise RealmSilent
            path = f"roles/{quote(role, safe='')}"
            people = [_person(user) for user in self._get(f"{path}/users")]
            for group in self._get(f"{path}/groups"):
                members = self._get(f"groups/{quote(group['id'], safe='')}/members")
                people += [_person(user, group=group["name"]) for user in members]
            found[role] = sorted(people, key=_order)
        return found

    def teams(self) -> list[str]:
        """Names of the departments' groups. Errors: RealmSilent."""
        return sorted(str(group["name"]) for group in self._get("groups"))

    def _get(self, path: str) -> list[dict[str, Any]]:
        try:
            answer = requests.get(
                f"{self._admin}/{path}",
                params={"first": 0, "max": MOST},
                headers={"Authorization": f"Bearer {self._token()}"},
                timeout=_TIMEOUT_S,
            )
            answer.raise_for_status()
            return list(answer.json())
        except (requests.RequestException, Unavailable, ValueError) as error:
            raise RealmSilent from error


def install(app: Flask, settings: GatewaySettings, *, token: Callable[[], str]) -> None:
    """Give the application its view of the realm, which it asks with the page's own `token`."""
    app.extensions[_KEY] = Realm(settings, token=token)


def realm() -> Realm:
    """The realm of the current application."""
    found: Realm = current_app.extensions[_KEY]
    return found


def _person(user: dict[str, Any], *, group: str = "") -> Member:
    name = f"{user.get('firstName') or ''} {user.get('lastName') or ''}".strip()
    login = str(user.get("email") or user.get("username") or "")
    return Member(name or login, login, enabled=bool(user.get("enabled", True)), group=group)


def _order(member: Member) -> str:
    # "Ä" is found at "A", as in a phone book.
    return unicodedata.normalize("NFKD", member.name).casefold()
