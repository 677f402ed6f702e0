"""Imports: upload, dry run, confirmation in numbers, rejected rows with reasons."""

from services.gateway.imports.views import blueprint

__all__ = ["blueprint"]
