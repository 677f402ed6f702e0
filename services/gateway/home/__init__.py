"""Home: what waits, what runs, what to begin."""

from services.gateway.home.views import blueprint

__all__ = ["blueprint"]
