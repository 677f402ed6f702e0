"""The page on which somebody enters the code that shows who asks."""

from services.portal.identity.views import blueprint

__all__ = ["blueprint"]
