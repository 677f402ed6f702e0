"""The realm's administration over REST: python-keycloak's connection, which fetches and renews the token."""

import json
from typing import Any
from urllib.parse import quote

from deploy.keycloak.errors import SetupError
from keycloak import KeycloakAdmin
from keycloak.exceptions import KeycloakError

_NOT_FOUND = 404
_TIMEOUT_S = 30


class Door:
    """One realm of one Keycloak. Paths are relative to `/admin/realms/<realm>`."""

    def __init__(
        self, *, url: str, realm: str, client_id: str, client_secret: str, client_realm: str
    ) -> None:
        self.realm = realm
        self._base = f"admin/realms/{quote(realm, safe='')}"
        self._admin = KeycloakAdmin(
            server_url=f"{url.rstrip('/')}/",
            realm_name=realm,
            user_realm_name=client_realm,
            client_id=client_id,
            client_secret_key=client_secret,
            timeout=_TIMEOUT_S,
        )

    def exists(self) -> bool:
        """Whether the realm is there."""
        return bool(self._raw("get", self._base).status_code != _NOT_FOUND)

    def create(self, realm: dict[str, Any]) -> None:
        """Make the realm from a whole realm file."""
        self._done("post", "admin/realms", realm)

    def get(self, path: str = "", **query: str) -> Any:
        """What is there."""
        return self._checked("get", self._path(path), **query).json()

    def post(self, path: str, body: Any) -> None:
        self._done("post", self._path(path), body)

    def ask(self, path: str, **query: str) -> Any:
        """The answer to a POST that changes nothing."""
        return self._checked("post", self._path(path), data="{}", **query).json()

    def put(self, path: str, body: Any) -> None:
        self._done("put", self._path(path), body)

    def delete(self, path: str, body: Any = None) -> None:
        self._done("delete", self._path(path), body)

    def _path(self, path: str) -> str:
        return f"{self._base}/{path}" if path else self._base

    def _done(self, verb: str, path: str, body: Any) -> None:
        self._checked(verb, path, data=json.dumps(body))

    def _checked(self, verb: str, path: str, **options: Any) -> Any:
        answer = self._raw(verb, path, **options)
        if not answer.ok:
            # Keycloak's own words name the field at fault; it never repeats a secret in them.
            raise SetupError(
                f"Keycloak refused {verb.upper()} {path}: {answer.status_code} {answer.text[:300]}"
            )
        return answer

    def _raw(self, verb: str, path: str, **options: Any) -> Any:
        try:
            return getattr(self._admin.connection, f"raw_{verb}")(path, **options)
        except KeycloakError as error:
            raise SetupError(f"Keycloak cannot be asked ({verb.upper()} {path}): {error}") from error


def named(*parts: str) -> str:
    """A path of names, each escaped."""
    return "/".join(quote(part, safe="") for part in parts)
