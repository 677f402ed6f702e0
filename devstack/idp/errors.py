"""What stops the provider before it starts: the same faults of a realm file as for real Keycloak."""

from deploy.keycloak.errors import SetupError

__all__ = ["SetupError"]
