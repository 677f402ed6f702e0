"""Preferences: what one receives, by login or by the link in a mail."""

from services.portal.preferences.views import blueprint

__all__ = ["blueprint"]
