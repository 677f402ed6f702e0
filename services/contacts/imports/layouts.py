"""Which column means what: the exports of Google and Outlook, English and German, and common names for the rest."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.contacts.imports.sheet import FileRefused

GOOGLE, OUTLOOK, GENERIC = "google", "outlook", "generic"
_NOT_A_LETTER = re.compile(r"[\W_]+")

# Field → column names in the order in which they are asked, as `_key` writes them.
_SYNONYMS: Mapping[str, Sequence[str]] = {
    "salutation": ("salutation", "anrede", "title", "titel", "nameprefix"),
    "given_name": ("firstname", "givenname", "vorname", "rufname", "forename"),
    "family_name": ("lastname", "familyname", "nachname", "familienname", "surname", "zuname"),
    "full_name": (
        "name", "fullname", "displayname", "vollständigername", "anzeigename", "kontakt", "contact", "fileas",
    ),
    "email": (
        "email1value", "emailaddress", "emailadresse", "email", "mail", "mailadresse", "emailaddress1",
        "email1", "email1address", "privateemail", "emailprivat", "emailgeschäftlich",
        "email2value", "email2address", "email2adresse", "email2",
        "email3value", "email3address", "email3adresse", "email3",
    ),
    "phone": (
        "phone1value", "businessphone", "telefongeschäftlich", "phone", "phonenumber", "telephone", "telefon",
        "telefonnummer", "tel", "rufnummer", "mobilephone", "mobiltelefon", "mobile", "mobil", "handy",
        "handynummer", "homephone", "telefonprivat", "primaryphone", "haupttelefon", "phone2value",
        "businessphone2", "telefongeschäftlich2", "homephone2", "telefonprivat2",
    ),
    "organisation": (
        "organizationname", "organization1name", "company", "firma", "organisation", "organization",
        "unternehmen", "companyname", "firmenname",
    ),
    "role": ("organizationtitle", "organization1title", "jobtitle", "position", "funktion", "rolle", "role"),
    "note": ("notes", "notizen", "note", "notiz", "bemerkung", "bemerkungen", "kommentar", "comment", "comments"),
    "language": ("language", "sprache", "locale"),
}  # fmt: skip

# Street, postal code, city, country: taken from one address as a whole, never mixed from two.
_ADDRESSES: Sequence[tuple[str, str, str, str]] = (
    ("address1street", "address1postalcode", "address1city", "address1country"),
    ("businessstreet", "businesspostalcode", "businesscity", "businesscountryregion"),
    ("straßegeschäftlich", "postleitzahlgeschäftlich", "ortgeschäftlich", "landregiongeschäftlich"),
    ("homestreet", "homepostalcode", "homecity", "homecountryregion"),
    ("straßeprivat", "postleitzahlprivat", "ortprivat", "landregionprivat"),
    ("straße", "plz", "ort", "land"),
    ("straße", "postleitzahl", "stadt", "land"),
    ("strasse", "plz", "ort", "land"),
    ("straßehausnummer", "plz", "ort", "land"),
    ("anschrift", "plz", "wohnort", "land"),
    ("street", "postalcode", "city", "country"),
    ("streetaddress", "zip", "city", "country"),
    ("address", "zipcode", "town", "countryregion"),
)
ADDRESS_FIELDS = ("street", "postal_code", "city", "country")

_GOOGLE_MARKS = ("email1value", "email1label", "email1type", "organization1name")
_OUTLOOK_MARKS = re.compile(
    r"(email(address|adresse|type|typ|displayname|anzeigename)$)|(^(business|home)(phone|street))|((geschäftlich|privat)$)"
)
_ADDRESS_IN_HEADER = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")


@dataclass(frozen=True, slots=True)
class Layout:
    """For each field the columns that may hold it, first choice first; addresses as groups of columns."""

    name: str
    columns: Mapping[str, Sequence[str]]
    addresses: Sequence[tuple[str | None, ...]]


def layout_of(header: Sequence[str]) -> Layout:
    """What the header's columns mean. Errors: FileRefused if it is no header that we understand."""
    if any(_ADDRESS_IN_HEADER.fullmatch(name.strip()) for name in header):
        raise FileRefused("NO_HEADER", "The first line must name the columns; it holds an address.")
    by_key: dict[str, str] = {}
    for name in header:
        by_key.setdefault(_key(name), name)
    columns = {field: [by_key[key] for key in keys if key in by_key] for field, keys in _SYNONYMS.items()}
    if not any(columns[field] for field in ("email", "given_name", "family_name", "full_name")):
        raise FileRefused(
            "NO_HEADER", "No column for a name or an e-mail address was found in the first line."
        )
    addresses = [
        tuple(by_key.get(key) for key in group) for group in _ADDRESSES if any(k in by_key for k in group)
    ]
    return Layout(_name_of(by_key), columns, addresses)


def _name_of(keys: Mapping[str, str]) -> str:
    if any(mark in keys for mark in _GOOGLE_MARKS):
        return GOOGLE
    marks = sum(1 for key in keys if _OUTLOOK_MARKS.search(key))
    named = {"firstname", "lastname"} <= keys.keys() or {"vorname", "nachname"} <= keys.keys()
    return OUTLOOK if named and marks >= 2 else GENERIC


def _key(name: str) -> str:
    """ "Telefon (geschäftlich)" and "telefon geschäftlich" are the same column."""
    # Not case-folded: that would turn the ß of "Straße" into two letters.
    return _NOT_A_LETTER.sub("", name.lower())
