"""The log of decisions: whether a message could go out, and why."""

from services.gateway.decisions.views import blueprint

__all__ = ["blueprint"]
