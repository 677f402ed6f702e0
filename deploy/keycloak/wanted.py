"""The wanted realm: the realm file with its placeholders filled."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.keycloak.errors import SetupError
from deploy.keycloak.placeholders import resolve

FILE = Path(__file__).with_name("realm-kontor.json")
# Compared part by part, each in its own way; every other key of the file is a plain setting of the realm.
_PARTS = frozenset(
    {
        "realm", "roles", "defaultRole", "groups", "clientScopes", "defaultDefaultClientScopes",
        "defaultOptionalClientScopes", "clients", "users", "identityProviders", "authenticationFlows",
        "authenticatorConfig",
    }
)  # fmt: skip
# Known only once the flows are there; set after them.
BINDINGS = frozenset(
    {
        "browserFlow", "registrationFlow", "directGrantFlow", "resetCredentialsFlow", "clientAuthenticationFlow",
        "firstBrokerLoginFlow",
    }
)  # fmt: skip


@dataclass(frozen=True)
class Wanted:
    """The file's content, in the pieces in which it is compared."""

    whole: Mapping[str, Any]

    @property
    def name(self) -> str:
        return str(self.whole["realm"])

    @property
    def settings(self) -> dict[str, Any]:
        """Lifespans, policies, languages, mail server: what is a plain value of the realm."""
        return {k: v for k, v in self.whole.items() if k not in _PARTS and k not in BINDINGS}

    @property
    def bindings(self) -> dict[str, Any]:
        """Which flow serves which occasion."""
        return {key: value for key, value in self.whole.items() if key in BINDINGS}

    def items(self, part: str) -> list[dict[str, Any]]:
        """The list under a key, empty if the file has none."""
        return list(self.whole.get(part, ()))

    @property
    def roles(self) -> list[dict[str, Any]]:
        return list(self.whole["roles"]["realm"])

    @property
    def service_accounts(self) -> dict[str, dict[str, Any]]:
        """Client id → the roles of its own account."""
        return {
            user["serviceAccountClientId"]: user
            for user in self.items("users")
            if "serviceAccountClientId" in user
        }


def load(file: Path, *, env: Mapping[str, str], realm: str | None = None) -> Wanted:
    """Read the file; `realm` gives it another name. Raises SetupError for a fault or an unset variable."""
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise SetupError(f"cannot read {file}: {error.strerror}") from error
    except ValueError as error:
        raise SetupError(f"{file} is not JSON: {error}") from error
    filled = resolve(document, env=env, source=str(file))
    return Wanted({**filled, "realm": realm or filled["realm"]})
