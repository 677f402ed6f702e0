"""Every fact that the contacts service publishes. Ids only, never a personal value."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from kontor.contacts.v1 import events_pb2

from kernel.outbox import Fact


def contact_created(contact_id: uuid.UUID) -> Fact:
    """A contact exists that did not exist before."""
    return Fact("contacts.contact.created", events_pb2.ContactCreated(contact_id=str(contact_id)))


def contact_updated(contact_id: uuid.UUID, fields: Iterable[str]) -> Fact:
    """Fields of a contact have other values; which ones, not what."""
    return Fact(
        "contacts.contact.updated", events_pb2.ContactUpdated(contact_id=str(contact_id), fields=fields)
    )


def contact_erased(contact_id: uuid.UUID) -> Fact:
    """Everything about a contact is gone here."""
    return Fact("contacts.contact.erased", events_pb2.ContactErased(contact_id=str(contact_id)))


def login_linked(contact_id: uuid.UUID) -> Fact:
    """A login of the realm belongs to a contact now."""
    return Fact("contacts.login.linked", events_pb2.LoginLinked(contact_id=str(contact_id)))


def import_committed(import_id: uuid.UUID, *, new: int, update: int) -> Fact:
    """A file's contacts were taken over."""
    return Fact(
        "contacts.import.committed",
        events_pb2.ImportCommitted(import_id=str(import_id), new=new, update=update),
    )
