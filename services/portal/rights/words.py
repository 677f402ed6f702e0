"""What is stored, in words of the field: purposes, bases, data sets and columns."""

from __future__ import annotations

from babel import Locale
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from kontor.options.v1 import options_pb2
from kontor.privacy.v1 import holder_pb2
from kontor.privacy.v1.privacy_pb2 import Disclosure

HOLDERS = {
    "contacts": (
        _l("Who you are"),
        _l("Your name, how we reach you, and whom you belong to."),
        "user",
    ),
    "tickets": (
        _l("What you asked us"),
        _l("Your tickets and complaints, and what we answered."),
        "message-circle",
    ),
    "campaigns": (
        _l("What we sent you"),
        _l("Newsletters and mails, and what became of each."),
        "mail",
    ),
    "privacy": (
        _l("What you allowed"),
        _l("Your consents, your requests under data protection law, and their proofs."),
        "shield-check",
    ),
}

PURPOSES: dict[int, object] = {
    options_pb2.PURPOSE_SERVICE: _l("to serve you"),
    options_pb2.PURPOSE_MARKETING: _l("to inform you as you wished"),
    options_pb2.PURPOSE_SALES: _l("to make you offers"),
    options_pb2.PURPOSE_CONTRACT: _l("to fulfil our contract"),
    options_pb2.PURPOSE_LEGAL_DUTY: _l("because a law demands it"),
    options_pb2.PURPOSE_SECURITY: _l("for security"),
}

BASES: dict[int, object] = {
    holder_pb2.BASIS_CONSENT: _l("your consent (Art. 6(1)(a) GDPR)"),
    holder_pb2.BASIS_CONTRACT: _l("our contract (Art. 6(1)(b) GDPR)"),
    holder_pb2.BASIS_LEGAL_OBLIGATION: _l("a legal duty (Art. 6(1)(c) GDPR)"),
    holder_pb2.BASIS_LEGITIMATE_INTEREST: _l("our legitimate interest (Art. 6(1)(f) GDPR)"),
}

SOURCES = {
    "form": _l("you, through a form"),
    "portal": _l("you, in this portal"),
    "portal-login": _l("you, in this portal"),
    "double-opt-in": _l("you, confirmed by mail"),
    "preferences": _l("you, by the link in a mail"),
    "link": _l("you, by the link in a mail"),
    "one-click": _l("you, by one click in your mail program"),
    "staff": _l("entered by our staff"),
    "renewal-mail": _l("you, by the link in a mail"),
    "validity": _l("the end of a consent's time"),
    "unused": _l("a consent that was not used for too long"),
    "integration": _l("a connected system"),
    "data-subject-request": _l("your request under data protection law"),
    "import": _l("an import of existing customer data"),
}


def holder_words(holder: str) -> tuple[str, str, str]:
    """Title, explanation and icon of one service's part."""
    found = HOLDERS.get(holder)
    if found is None:
        return holder.capitalize(), "", "database"
    return str(found[0]), str(found[1]), found[2]


def source_words(source: str) -> str:
    """Where a record came from; an import names its own id, which says nothing to a reader."""
    if not source:
        return ""
    if source.startswith(("http://", "https://")):
        return str(SOURCES["form"])
    return str(SOURCES.get(source.split(":", 1)[0], source))


def names(table: dict[int, object], values: set[int]) -> str:
    """Several purposes or bases in one line."""
    return ", ".join(str(table[value]) for value in sorted(values) if value in table) or str(_("not stated"))


def recipient(disclosure: Disclosure) -> str:
    """A recipient by name, and the country where it is a third one."""
    if not disclosure.third_country:
        return disclosure.name
    country = Locale.parse(str(get_locale())).territories.get(disclosure.country, disclosure.country)
    return str(_("%(name)s (%(country)s)", name=disclosure.name, country=country))
