"""Newsletter: sign up with double opt-in, and leave with one click."""

from services.portal.newsletter.views import blueprint

__all__ = ["blueprint"]
