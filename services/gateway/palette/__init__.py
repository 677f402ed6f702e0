"""The palette: every page, action and contact, a few keys away."""

from services.gateway.palette.views import blueprint

__all__ = ["blueprint"]
