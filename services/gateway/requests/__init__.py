"""Requests of data subjects, with their legal clock."""

from services.gateway.requests import blackening, fulfilling, handling, identifying, recording
from services.gateway.requests.views import blueprint

__all__ = ["blackening", "blueprint", "fulfilling", "handling", "identifying", "recording"]
