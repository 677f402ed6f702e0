"""The cockpit of data protection: what waits, in numbers, and from each number down to its rows."""

from services.gateway.privacy.views import blueprint

__all__ = ["blueprint"]
