"""Words for data sets, columns and periods, as the services name them."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from services.portal.rights.words import humanise

DATASETS = {
    "contacts": _l("Your record"),
    "contact": _l("Your record"),
    "tickets": _l("Tickets"),
    "ticket": _l("Tickets"),
    "messages": _l("Messages"),
    "message": _l("Messages"),
    "consents": _l("Consents"),
    "consent": _l("Consents"),
    "requests": _l("Requests under data protection law"),
    "sign_ups": _l("Newsletter orders"),
    "audit": _l("Who has read your data"),
}

COLUMNS = {
    "salutation": _l("Form of address"),
    "given_name": _l("First name"),
    "family_name": _l("Last name"),
    "email": _l("E-mail"),
    "phone": _l("Phone"),
    "street": _l("Street"),
    "postal_code": _l("Postal code"),
    "city": _l("City"),
    "country": _l("Country"),
    "language": _l("Language"),
    "note": _l("Note"),
    "subject": _l("Subject"),
    "body": _l("Text"),
    "author_name": _l("Author"),
    "owner_name": _l("Taken care of by"),
    "role": _l("Role"),
}

RETENTION: dict[str, object] = {}


def dataset(name: str) -> str:
    """The title of a data set."""
    return str(DATASETS.get(name, humanise(name)))


def column(name: str) -> str:
    """The label of a column."""
    return str(COLUMNS.get(name, humanise(name)))


def retention(period: str) -> str:
    """How long it is kept, in the visitor's language where we have the words."""
    return str(RETENTION.get(period, period))
