"""Tickets: ask, complain, follow, answer."""

from services.portal.tickets.views import blueprint

__all__ = ["blueprint"]
