"""All tables of this service in one metadata, for migrations and for the data holder."""

from __future__ import annotations

from services.contacts.base import Base
from services.contacts.erasures.tables import ErasedAddress
from services.contacts.imports.tables import ContactImport, ImportRow
from services.contacts.logins.tables import Invitation, Login
from services.contacts.organisations.tables import Organisation
from services.contacts.people.tables import Contact, Relation
from services.contacts.timeline.tables import TimelineEntry

metadata = Base.metadata

__all__ = [
    "Contact",
    "ContactImport",
    "ErasedAddress",
    "ImportRow",
    "Invitation",
    "Login",
    "Organisation",
    "Relation",
    "TimelineEntry",
    "metadata",
]
