"""The suppression list: entries without any address."""

from services.gateway.suppressions.views import blueprint

__all__ = ["blueprint"]
