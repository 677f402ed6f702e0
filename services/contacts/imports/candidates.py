"""From a row's cells to a contact, by the layout of its file: pure, and the same at dry run and commit."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from kontor.contacts.v1 import contacts_pb2
from kontor.options.v1 import options_pb2

from kernel.addresses import normal_email
from services.contacts.imports.layouts import ADDRESS_FIELDS, Layout
from services.contacts.imports.model import (
    CONTROL_CHARACTERS,
    EMAIL_INVALID,
    NO_NAME_NO_EMAIL,
    PHONE_INVALID,
    TOO_LONG,
    TOO_MANY_CELLS,
    Candidate,
)
from services.contacts.imports.sheet import Row
from services.contacts.people.model import HOME_COUNTRY, Person
from services.contacts.text import clean, clean_lines, is_country, normal_phone

# Line breaks and tabs are fine inside quotes; the rest of C0 and C1 is not text.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
# Only ever used on a few letters around an "@": over a whole cell they would look at everything from everywhere.
_LOCAL_PART = re.compile(r"[^\s@<>()\[\],;:\"']+\Z")
_DOMAIN = re.compile(r"[^\s@<>()\[\],;:\"']+")
# RFC 5321 §4.5.3.1: octets of a local part and of a domain.
_LONGEST_LOCAL_PART, _LONGEST_DOMAIN = 64, 255
_LIMITS = {
    f.name: f.GetOptions().Extensions[options_pb2.rules].max_len
    for f in contacts_pb2.Contact.DESCRIPTOR.fields
    if f.GetOptions().Extensions[options_pb2.rules].max_len
} | {"organisation": 200, "role": 100}
_SALUTATIONS = {
    "frau": contacts_pb2.SALUTATION_MS,
    "ms": contacts_pb2.SALUTATION_MS,
    "mrs": contacts_pb2.SALUTATION_MS,
    "miss": contacts_pb2.SALUTATION_MS,
    "herr": contacts_pb2.SALUTATION_MR,
    "herrn": contacts_pb2.SALUTATION_MR,
    "mr": contacts_pb2.SALUTATION_MR,
}
_LANGUAGES = {"de": "de", "deutsch": "de", "german": "de", "en": "en", "englisch": "en", "english": "en"}
# The countries that German address books write out; everywhere else the code itself is understood.
_COUNTRIES = {
    "deutschland": "DE", "germany": "DE", "bundesrepublik deutschland": "DE", "d": "DE",
    "österreich": "AT", "austria": "AT", "schweiz": "CH", "switzerland": "CH", "suisse": "CH",
    "liechtenstein": "LI", "luxemburg": "LU", "luxembourg": "LU", "frankreich": "FR", "france": "FR",
    "italien": "IT", "italy": "IT", "niederlande": "NL", "netherlands": "NL", "belgien": "BE", "belgium": "BE",
    "dänemark": "DK", "denmark": "DK", "polen": "PL", "poland": "PL", "tschechien": "CZ", "czechia": "CZ",
    "spanien": "ES", "spain": "ES", "portugal": "PT", "schweden": "SE", "sweden": "SE", "norwegen": "NO",
    "norway": "NO", "finnland": "FI", "finland": "FI", "irland": "IE", "ireland": "IE",
    "vereinigtes königreich": "GB", "großbritannien": "GB", "united kingdom": "GB", "uk": "GB",
    "vereinigte staaten": "US", "usa": "US", "united states": "US",
}  # fmt: skip


def kept_cells(header: Sequence[str], row: Row) -> dict[str, str]:
    """The row's filled cells by column name, as they are stored and given back."""
    return {
        name: _CONTROL.sub("\ufffd", cell)
        for name, cell in zip(header, row.cells, strict=False)
        if cell and not cell.isspace()
    }


def candidate_of_row(header: Sequence[str], row: Row, layout: Layout, *, country: str) -> Candidate:
    """Reads a row of a file; also sees what storing would hide."""
    cells = kept_cells(header, row)
    if any(cell for cell in row.cells[len(header) :]):
        return Candidate(row.line, cells, problem=TOO_MANY_CELLS)
    if any(_CONTROL.search(cell) for cell in row.cells):
        return Candidate(row.line, cells, problem=CONTROL_CHARACTERS)
    return candidate_of(row.line, cells, layout, country=country)


def candidate_of(line: int, cells: dict[str, str], layout: Layout, *, country: str) -> Candidate:
    """Reads cells as a contact."""
    values = _values(cells, layout)
    if any(len(values.get(name, "")) > limit for name, limit in _LIMITS.items() if name != "email"):
        return Candidate(line, cells, problem=TOO_LONG)
    email = normal_email(values["email"]) if values["email"] else ""
    if email is None:
        return Candidate(line, cells, problem=EMAIL_INVALID)
    if not (email or values["given_name"] or values["family_name"]):
        return Candidate(line, cells, problem=NO_NAME_NO_EMAIL)
    phone = (
        normal_phone(values["phone"], values["country"] or country or HOME_COUNTRY) if values["phone"] else ""
    )
    person = Person(
        salutation=_SALUTATIONS.get(values["salutation"].lower().rstrip("."), 0),
        given_name=values["given_name"],
        family_name=values["family_name"],
        email=email,
        phone=phone or "",
        street=values["street"],
        postal_code=values["postal_code"],
        city=values["city"],
        country=values["country"],
        language=_LANGUAGES.get(values["language"][:2].lower(), "")
        or _LANGUAGES.get(values["language"].lower(), ""),
        note=values["note"],
    )
    return Candidate(
        line,
        cells,
        person=person,
        organisation=values["organisation"],
        role=values["role"],
        warning=PHONE_INVALID if phone is None else "",
    )


def addresses_in(cells: Mapping[str, str]) -> list[str]:
    """Every e-mail address that occurs anywhere in the cells, lower case and in its normal form, each once."""
    found: set[str] = set()
    for cell in cells.values():
        for address in _spelled(cell):
            spelled = address.rstrip(".").lower()
            found |= {spelled, (normal_email(spelled) or spelled).lower()}
    return sorted(found)


def _spelled(cell: str) -> Iterator[str]:
    at = cell.find("@")
    while at >= 0:
        local = _LOCAL_PART.search(cell[max(0, at - _LONGEST_LOCAL_PART) : at])
        domain = _DOMAIN.match(cell, at + 1, at + 1 + _LONGEST_DOMAIN)
        if local and domain:
            yield f"{local[0]}@{domain[0]}"
        at = cell.find("@", at + 1)


def _values(cells: Mapping[str, str], layout: Layout) -> dict[str, str]:
    values = {name: _first(cells, columns) for name, columns in layout.columns.items()}
    values |= _address(cells, layout)
    given, family, full = values["given_name"], values["family_name"], values.pop("full_name")
    if not given and not family and "@" not in full:
        values["given_name"], values["family_name"] = _split_name(full)
    note = next((cells[c] for c in layout.columns["note"] if c in cells), "")
    values["note"] = clean_lines(note)
    return values


def _first(cells: Mapping[str, str], columns: Sequence[str]) -> str:
    """The first filled column; of several values in one cell (Google joins them by ":::") the first."""
    for column in columns:
        value = _first_of(cells.get(column, ""))
        if value:
            return clean(value)
    return ""


def _first_of(cell: str) -> str:
    return cell.split(":::", 1)[0].strip()


def _address(cells: Mapping[str, str], layout: Layout) -> dict[str, str]:
    for group in layout.addresses:
        values = [clean(_first_of(cells.get(c, ""))) if c else "" for c in group]
        if any(values):
            return dict(zip(ADDRESS_FIELDS, (*values[:3], _country(values[3])), strict=True))
    return dict.fromkeys(ADDRESS_FIELDS, "")


def _country(value: str) -> str:
    if is_country(value.upper()):
        return value.upper()
    # A country that we do not know is left out; a contact without one is better than none.
    return _COUNTRIES.get(value.lower(), "")


def _split_name(full: str) -> tuple[str, str]:
    """ "Family, Given" or "Given Family"."""
    family, comma, given = full.partition(",")
    if comma:
        return given.strip(), family.strip()
    given, _, family = full.rpartition(" ")
    return given, family
