"""Requests of data subjects, with their legal clock."""

from services.gateway.requests import handling
from services.gateway.requests.views import blueprint

__all__ = ["blueprint", "handling"]
