"""Home: what one can do here, what is open, and whom to ask."""

from services.portal.home.views import blueprint

__all__ = ["blueprint"]
