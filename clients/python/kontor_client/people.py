"""Finding a person by address: the key that two systems most often share."""

from __future__ import annotations

import idna
from kontor.contacts.v1.contacts_pb2 import Contact, ListContactsRequest
from kontor.contacts.v1.contacts_pb2_grpc import ContactsStub


def find_contact(contacts: ContactsStub, email: str) -> Contact | None:
    """The contact with exactly this address, in whatever case and spelling of its domain. Errors: Failure."""
    address = kept_form(email)
    if not address:
        return None
    found = contacts.ListContacts(ListContactsRequest(query=address)).contacts
    return next((contact for contact in found if contact.email.casefold() == address.casefold()), None)


def kept_form(email: str) -> str:
    """The address as Kontor keeps it: an internationalised domain in its ASCII form (RFC 5891, UTS 46)."""
    local, at, domain = email.strip().rpartition("@")
    if not at:
        return ""
    try:
        return f"{local}@{idna.encode(domain, uts46=True).decode()}"
    except idna.IDNAError:
        return email.strip()
