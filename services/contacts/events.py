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


def login_linked(contact_id: uuid.UUID, login_id: uuid.UUID) -> Fact:
    """A login of the realm belongs to a contact now."""
    return Fact(
        "contacts.login.linked",
        events_pb2.LoginLinked(contact_id=str(contact_id), login_id=str(login_id)),
    )


def login_removed(contact_id: uuid.UUID, login_id: uuid.UUID) -> Fact:
    """A login no longer belongs to a contact."""
    return Fact(
        "contacts.login.removed",
        events_pb2.LoginRemoved(contact_id=str(contact_id), login_id=str(login_id)),
    )


def login_opened(contact_id: uuid.UUID, login_id: uuid.UUID, visibility: str) -> Fact:
    """A login sees more, or less, than before."""
    return Fact(
        "contacts.login.opened",
        events_pb2.LoginOpened(contact_id=str(contact_id), login_id=str(login_id), visibility=visibility),
    )


def login_invited(contact_id: uuid.UUID, invitation_id: uuid.UUID) -> Fact:
    """A contact is to get a link for one more login."""
    return Fact(
        "contacts.login.invited",
        events_pb2.LoginInvited(contact_id=str(contact_id), invitation_id=str(invitation_id)),
    )


def invitation_revoked(contact_id: uuid.UUID, invitation_id: uuid.UUID) -> Fact:
    """An invitation's link no longer works."""
    return Fact(
        "contacts.invitation.revoked",
        events_pb2.InvitationRevoked(contact_id=str(contact_id), invitation_id=str(invitation_id)),
    )


def import_committed(import_id: uuid.UUID, *, new: int, update: int) -> Fact:
    """A file's contacts were taken over."""
    return Fact(
        "contacts.import.committed",
        events_pb2.ImportCommitted(import_id=str(import_id), new=new, update=update),
    )
