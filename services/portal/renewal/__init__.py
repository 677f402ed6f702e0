"""The link in the mail that asks, before a consent ends, whether it is to go on."""

from services.portal.renewal.views import blueprint

__all__ = ["blueprint"]
