"""Keycloak's own administration, with the account that a fresh Keycloak begins with."""

from __future__ import annotations

from typing import Any

from keycloak import KeycloakAdmin

from devstack.keycloak.server import BOOTSTRAP_CLIENT
from tests.e2e.running import Running


class Master:
    """What only the master realm may do. The embedded provider has nothing like it."""

    def __init__(self, running: Running, *, realm: str | None = None) -> None:
        origin, _, served = running.env()["KONTOR_OIDC_ISSUER"].partition("/realms/")
        self.realm = realm or served
        self.admin = KeycloakAdmin(
            server_url=f"{origin}/",
            realm_name=self.realm,
            user_realm_name="master",
            client_id=BOOTSTRAP_CLIENT,
            client_secret_key=running.bootstrap_secret,
        )

    def add_signing_key(self) -> None:
        """A new RSA key before all others, as an administrator does it twice a year."""
        present = self.admin.get_components({"type": "org.keycloak.keys.KeyProvider"})
        highest = max(int(_first(component, "priority")) for component in present)
        self.admin.create_component(
            {
                "name": f"rsa-{highest + 1}",
                "parentId": self.admin.get_realm(self.realm)["id"],
                "providerId": "rsa-generated",
                "providerType": "org.keycloak.keys.KeyProvider",
                "config": {
                    "priority": [str(highest + 1)],
                    "enabled": ["true"],
                    "active": ["true"],
                    "algorithm": ["RS256"],
                    "keySize": ["2048"],
                },
            }
        )


def _first(component: dict[str, Any], name: str) -> str:
    return str(component["config"].get(name, ["0"])[0])
