"""The embedded stack's identity provider: reads Keycloak's realm file and speaks its URLs, on loopback only."""
