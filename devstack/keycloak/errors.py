"""What can go wrong before Keycloak runs."""


class KeycloakFailed(RuntimeError):
    """Keycloak cannot be had or does not start; the text says what a person can do about it."""
