"""Accesses to personal data over all services, and those that are unusual."""

from services.gateway.audit.views import blueprint

__all__ = ["blueprint"]
