"""Notices of the right to object: what customers are shown when they give their address."""

from services.gateway.notices.views import blueprint

__all__ = ["blueprint"]
