"""What locks a contact's data: restrictions of processing, and a legal hold."""

from services.gateway.locks.views import blueprint

__all__ = ["blueprint"]
