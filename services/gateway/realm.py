"""Who has a role, asked of the realm's admin interface with the gateway's own account.

Two questions a role; python-keycloak would bring an async HTTP stack into the page for them.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from time import monotonic
from typing import Any
from urllib.parse import quote

import requests
from flask import Flask, current_app

from kernel.errors import Unavailable
from kernel.web.calls import OwnToken
from services.gateway.config import GatewaySettings

_KEY = "gateway.realm"
_TIMEOUT_S = 3.0
# All questions of one page together.
_BUDGET_S = 8.0
# Names that are remembered; beyond it they are asked for anew.
_MOST_NAMES = 2_000
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
    # What tokens and the audit call this person.
    id: str = ""


class Realm:
    """The people of the realm, as far as staff roles go."""

    def __init__(self, settings: GatewaySettings) -> None:
        base, _, realm = settings.oidc_issuer.rpartition("/realms/")
        self._admin = f"{base}/admin/realms/{realm}"
        # The token for the services must not open the realm: its roles come only with this scope.
        self._token: Callable[[], str] = OwnToken(settings, scope="realm-view")
        # For as long as the process lives: a colleague who marries is called by the old name until then.
        self._names: dict[str, str] = {}

    def members(self, roles: list[str]) -> dict[str, list[Member]]:
        """The people of each role, each once, at most `MOST` by name and by group. Errors: RealmSilent."""
        until = monotonic() + _BUDGET_S
        found: dict[str, list[Member]] = {}
        for role in roles:
            if monotonic() > until:
                raise RealmSilent
            path = f"roles/{quote(role, safe='')}"
            people = {user["id"]: _person(user) for user in self._get(f"{path}/users")}
            for group in self._get(f"{path}/groups"):
                members = self._get(f"groups/{quote(group['id'], safe='')}/members")
                people |= {user["id"]: _person(user, group=group["name"]) for user in members}
            found[role] = sorted(people.values(), key=_order)
        return found

    def names(self, ids: Iterable[str]) -> dict[str, str]:
        """What these people are called, by id; who is gone, or not asked for in time, is missing."""
        until = monotonic() + _BUDGET_S
        missing = [each for each in ids if each not in self._names]
        for each in missing:
            if monotonic() > until:
                break
            try:
                found = self._ask(f"users/{quote(each, safe='')}")
            except RealmSilent:
                continue
            self._remember(each, _person(found).name)
        return {each: self._names[each] for each in ids if each in self._names}

    def teams(self) -> list[str]:
        """Names of the departments' groups. Errors: RealmSilent."""
        return sorted(str(group["name"]) for group in self._get("groups"))

    def _remember(self, login: str, name: str) -> None:
        if len(self._names) >= _MOST_NAMES:
            self._names.clear()
        self._names[login] = name

    def _get(self, path: str) -> list[dict[str, Any]]:
        return list(self._ask(path, first=0, max=MOST))

    def _ask(self, path: str, **parameters: int) -> Any:
        try:
            answer = requests.get(
                f"{self._admin}/{path}",
                params=parameters,
                headers={"Authorization": f"Bearer {self._token()}"},
                timeout=_TIMEOUT_S,
            )
            answer.raise_for_status()
            return answer.json()
        except (requests.RequestException, Unavailable, ValueError) as error:
            raise RealmSilent from error


def install(app: Flask, settings: GatewaySettings) -> None:
    """Give the application its view of the realm."""
    app.extensions[_KEY] = Realm(settings)


def realm() -> Realm:
    """The realm of the current application."""
    found: Realm = current_app.extensions[_KEY]
    return found


def _person(user: dict[str, Any], *, group: str = "") -> Member:
    name = f"{user.get('firstName') or ''} {user.get('lastName') or ''}".strip()
    login = str(user.get("email") or user.get("username") or "")
    return Member(
        name or login, login, enabled=bool(user.get("enabled", True)), group=group, id=str(user["id"])
    )


def _order(member: Member) -> str:
    # "Ä" is found at "A", as in a phone book.
    return unicodedata.normalize("NFKD", member.name).casefold()
