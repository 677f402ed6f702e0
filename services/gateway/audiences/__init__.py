"""Audiences: whom a campaign is for, and who would get it now."""

from services.gateway.audiences.views import blueprint

__all__ = ["blueprint"]
