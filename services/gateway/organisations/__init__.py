"""Organisations: list, one with its people, a new one."""

from services.gateway.organisations.views import blueprint

__all__ = ["blueprint"]
