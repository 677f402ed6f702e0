"""One person as vCard 4.0 (RFC 6350): the form in which every address book takes somebody up.

By hand, because no maintained library of Python writes version 4.0.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Mapping

# Octets of one line without its break (RFC 6350, 3.2).
_LINE = 75
_GLOBAL_NUMBER = re.compile(r"\+[0-9]{3,15}")
_SPACING = re.compile(r"[\s/().-]+")
# Nothing below a space may stand in a line, and nobody can read it anyway.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")


def vcard(person: Mapping[str, str], *, uid: uuid.UUID, roles: Iterable[str] = ()) -> bytes:
    """The card; `person` has the values of the contact's columns by their names, missing ones count as empty."""
    value = {name: text.strip() for name, text in person.items()}
    given, family = value.get("given_name", ""), value.get("family_name", "")
    # FN must stand on every card, and must not be empty.
    shown = " ".join(part for part in (given, family) if part) or value.get("email") or str(uid)
    lines = ["BEGIN:VCARD", "VERSION:4.0", "KIND:individual", f"UID:urn:uuid:{uid}", f"FN:{_text(shown)}"]
    if given or family:
        lines.append(f"N:{_compound(family, given, '', '', '')}")
    if value.get("email"):
        lines.append(f"EMAIL:{_text(value['email'])}")
    if value.get("phone"):
        lines.append(_phone(value["phone"]))
    address = [value.get(name, "") for name in ("street", "city", "postal_code", "country")]
    if any(address):
        street, city, code, country = address
        # Post office box and extended address stay empty, as 6.3.1 advises; so does the region.
        lines.append(f"ADR:{_compound('', '', street, city, '', code, country)}")
    if value.get("language"):
        lines.append(f"LANG:{_text(value['language'])}")
    lines += [f"ROLE:{_text(role)}" for role in roles if role.strip()]
    lines.append("END:VCARD")
    return b"".join(_folded(line) for line in lines)


def _phone(number: str) -> str:
    digits = _SPACING.sub("", number)
    if _GLOBAL_NUMBER.fullmatch(digits):
        return f"TEL;VALUE=uri:tel:{digits}"
    return f"TEL;VALUE=text:{_text(number)}"


def _text(value: str) -> str:
    """Escaped for a value of its own (3.4). A semicolon may be escaped everywhere, and some readers need it."""
    escaped = value.replace("\\", "\\\\").replace("\r\n", "\n").replace("\r", "\n")
    escaped = _CONTROL.sub("", escaped)
    return escaped.replace("\n", "\\n").replace(",", "\\,").replace(";", "\\;")


def _compound(*components: str) -> str:
    return ";".join(_text(component) for component in components)


def _folded(line: str) -> bytes:
    """A line of at most 75 octets, and what is longer on the next ones behind a space; no character is torn."""
    rows: list[bytes] = []
    row = b""
    for character in line:
        octets = character.encode()
        if len(row) + len(octets) > _LINE:
            rows.append(row)
            row = b" "
        row += octets
    return b"".join(each + b"\r\n" for each in (*rows, row))
