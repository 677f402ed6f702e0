"""The record of processing activities."""

from services.gateway.records.views import blueprint

__all__ = ["blueprint"]
