"""Names of contacts and colleagues: never a bare id where a name can stand."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from flask_babel import gettext as _
from kontor.contacts.v1.contacts_pb2 import BatchGetContactsRequest, Contact
from kontor.tickets.v1.tickets_pb2 import Ticket
from markupsafe import Markup, escape

from services.gateway.clients import clients, unless_down
from services.gateway.realm import realm
from services.gateway.session import may

_BATCH = 1000


def by_id(contact_ids: Iterable[str]) -> dict[str, Contact]:
    """The contacts that still exist, by id. Empty if the service is down: a list stays readable."""
    wanted = sorted({contact_id for contact_id in contact_ids if contact_id})
    if not wanted or not may("Contacts.BatchGetContacts"):
        return {}
    found: dict[str, Contact] = {}
    for start in range(0, len(wanted), _BATCH):
        request = BatchGetContactsRequest(contact_ids=wanted[start : start + _BATCH])
        answer = unless_down(partial(clients().contacts.BatchGetContacts, request))
        if answer is not None:
            found.update({contact.id: contact for contact in answer.contacts})
    return found


def colleagues(logins: Iterable[str]) -> dict[str, str]:
    """What those who changed something are called, by login; nothing for a role that may not see who does what."""
    if not may("Audit.ListAccesses"):
        return {}
    return realm().names(sorted({login for login in logins if login}))


def subject_of(ticket: Ticket) -> str:
    """What a ticket is about; erasure leaves a ticket without a person and without words."""
    return ticket.subject if ticket.contact_id else str(_("Content erased"))


def breakable(address: str) -> Markup:
    """An e-mail address that breaks behind its @ and before its dots, never inside a word of its domain."""
    local, at, domain = address.rpartition("@")
    return escape(local) + escape(at) + Markup("<wbr>") + Markup("<wbr>.").join(domain.split("."))


def name_of(contact: Contact | None) -> str:
    """How people call a contact; the address where there is no name."""
    if contact is None:
        return str(_("Erased contact"))
    if contact.HasField("restriction"):
        return str(_("Restricted contact"))
    name = f"{contact.given_name} {contact.family_name}".strip()
    return name or contact.email or contact.phone or str(_("Contact without a name"))
