"""Real Keycloak without Docker: the distribution, built once, and one server per stack."""
