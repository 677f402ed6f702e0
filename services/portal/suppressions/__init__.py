"""What is blocked: the own addresses on the suppression list, and the wish to be taken off it."""

from services.portal.suppressions.views import blueprint

__all__ = ["blueprint"]
