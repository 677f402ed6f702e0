"""Tickets: the desk with queue, conversation and customer."""

from services.gateway.tickets.views import blueprint

__all__ = ["blueprint"]
