"""Contacts: list, search, everything about one person, and editing with conflicts shown."""

from services.gateway.contacts.views import blueprint

__all__ = ["blueprint"]
