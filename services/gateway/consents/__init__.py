"""Where consents stand, across all contacts."""

from services.gateway.consents.views import blueprint

__all__ = ["blueprint"]
