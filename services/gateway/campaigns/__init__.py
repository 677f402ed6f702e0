"""Campaigns: draft, start with numbers before, progress and what became of every message."""

from services.gateway.campaigns.views import blueprint

__all__ = ["blueprint"]
