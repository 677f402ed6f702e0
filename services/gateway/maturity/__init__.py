"""The two-axis picture of management: data protection against customer orientation, with the facts behind it."""

from services.gateway.maturity.views import blueprint

__all__ = ["blueprint"]
