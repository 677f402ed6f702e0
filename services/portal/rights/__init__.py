"""Your rights: see everything, take it along, have it erased."""

from services.portal.rights.views import blueprint

__all__ = ["blueprint"]
