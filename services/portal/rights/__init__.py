"""Your rights: see everything, correct it, lock it, take it along, have it erased."""

from services.portal.rights import asking
from services.portal.rights.views import blueprint

__all__ = ["asking", "blueprint"]
