"""What Kontor wants of its realm, and `python -m deploy.keycloak sync`, which brings a running Keycloak to it."""
