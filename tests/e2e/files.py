"""The two files of the run as Google Contacts and a German Outlook export them, and what must come of each row."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kontor.contacts.v1.imports_pb2 import (
    ROW_OUTCOME_DUPLICATE,
    ROW_OUTCOME_INVALID,
    ROW_OUTCOME_NEW,
    ROW_OUTCOME_UPDATE,
)

from tests.e2e.people import (
    GOOGLE_INVALID,
    GOOGLE_TWICE,
    OUTLOOK_INVALID,
    OUTLOOK_KNOWN,
    OUTLOOK_TWICE,
    People,
    Person,
)


def _columns(header: str, delimiter: str) -> list[str]:
    return header.split(delimiter)


GOOGLE_COLUMNS = _columns(
    "First Name,Middle Name,Last Name,Phonetic First Name,Phonetic Middle Name,Phonetic Last Name,Name Prefix,"
    "Name Suffix,Nickname,File As,Organization Name,Organization Title,Organization Department,Birthday,Notes,Photo,"
    "Labels,E-mail 1 - Label,E-mail 1 - Value,E-mail 2 - Label,E-mail 2 - Value,Phone 1 - Label,Phone 1 - Value,"
    "Phone 2 - Label,Phone 2 - Value,Address 1 - Label,Address 1 - Formatted,Address 1 - Street,Address 1 - City,"
    "Address 1 - PO Box,Address 1 - Region,Address 1 - Postal Code,Address 1 - Country,Address 1 - Extended Address,"
    "Website 1 - Label,Website 1 - Value",
    ",",
)
OUTLOOK_COLUMNS = _columns(
    "Anrede;Vorname;Weitere Vornamen;Nachname;Suffix;Firma;Abteilung;Position;Straße geschäftlich;"
    "Straße geschäftlich 2;Straße geschäftlich 3;Ort geschäftlich;Region geschäftlich;Postleitzahl geschäftlich;"
    "Land/Region geschäftlich;Straße privat;Straße privat 2;Straße privat 3;Ort privat;Bundesland/Kanton privat;"
    "Postleitzahl privat;Land/Region privat;Weitere Straße;Weiterer Ort;Weitere Postleitzahl;Telefon Assistent;"
    "Fax geschäftlich;Telefon geschäftlich;Telefon geschäftlich 2;Rückmeldung;Autotelefon;Telefon Firma;Fax privat;"
    "Telefon privat;Telefon privat 2;ISDN;Mobiltelefon;Weiteres Telefon;Pager;Haupttelefon;Abrechnungsinformation;"
    "Benutzer 1;Beruf;Büro;E-Mail-Adresse;E-Mail-Typ;E-Mail: Angezeigter Name;E-Mail 2: Adresse;Geburtstag;Geschlecht;"
    "Hobby;Initialen;Kategorien;Notizen;Ort;Priorität;Privat;Sprache;Stichwörter;Vertraulichkeit;Webseite",
    ";",
)
# Each of them is wrong in another way.
_BROKEN = (
    "{}.at.haus-post.example", "{}(at)haus-post.example", "{}@@haus-post.example", "{} post@haus-post.example",
    "{}.@haus-post.example", "@{}.example", "{}@", "{}@haus-post", "{}@-haus-.example", "..{}@haus-post.example",
)  # fmt: skip


@dataclass(frozen=True)
class Row:
    """One row: its cells, the line on which it starts, and what the import must decide."""

    cells: Mapping[str, str]
    line: int
    outcome: int


@dataclass(frozen=True)
class ImportFile:
    """One file with everything that is known about it."""

    name: str
    content: bytes
    layout: str
    encoding: str
    delimiter: str
    email_column: str
    rows: tuple[Row, ...]

    @property
    def counts(self) -> Counter[int]:
        return Counter(row.outcome for row in self.rows)


def google_file(people: People) -> ImportFile:
    """1,000 rows, UTF-8, commas: every person once, some twice, some with an address that is none."""
    bare = set(people.without_phone)
    rows = [
        (_google(person, phone="" if person in bare else person.phone), ROW_OUTCOME_NEW)
        for person in people.google
    ]
    for number, person in enumerate(people.strangers[2 : 2 + GOOGLE_INVALID]):
        rows.insert(60 * number + 5, (_google(person, email=_broken(number, person)), ROW_OUTCOME_INVALID))
    for person in people.google[100 : 100 + GOOGLE_TWICE]:
        # In capitals, and with less than the first time: the same mailbox, and nothing to add.
        rows.append((_google(person, email=person.email.upper(), phone="", note=""), ROW_OUTCOME_DUPLICATE))
    return _file(
        "Google Kontakte.csv",
        GOOGLE_COLUMNS,
        rows,
        layout="google",
        encoding="utf-8",
        email_column="E-mail 1 - Value",
    )


def outlook_file(people: People) -> ImportFile:
    """1,000 rows, Windows-1252, semicolons; overlaps the first file."""
    rows = [(_outlook(person), ROW_OUTCOME_NEW) for person in people.outlook]
    for number, person in enumerate(people.strangers[20 : 20 + OUTLOOK_INVALID]):
        rows.insert(80 * number + 11, (_outlook(person, email=_broken(number, person)), ROW_OUTCOME_INVALID))
    for person in people.google[200 : 200 + OUTLOOK_KNOWN]:
        rows.append((_outlook_bare(person), ROW_OUTCOME_DUPLICATE))
    for person in people.without_phone:
        rows.append((_outlook_bare(person) | {"Mobiltelefon": person.phone}, ROW_OUTCOME_UPDATE))
    for person in people.outlook[300 : 300 + OUTLOOK_TWICE]:
        rows.append((_outlook_bare(person), ROW_OUTCOME_DUPLICATE))
    return _file(
        "Outlook Kontakte.csv",
        OUTLOOK_COLUMNS,
        rows,
        layout="outlook",
        encoding="cp1252",
        email_column="E-Mail-Adresse",
    )


def _google(person: Person, **changed: str) -> dict[str, str]:
    email, phone = changed.get("email", person.email), changed.get("phone", person.phone)
    return {
        "First Name": person.given,
        "Last Name": person.family,
        "Notes": changed.get("note", person.note),
        "Labels": "* myContacts",
        "E-mail 1 - Label": "* ",
        "E-mail 1 - Value": email,
        "Phone 1 - Label": "Mobile" if phone else "",
        "Phone 1 - Value": phone,
        "Address 1 - Label": "Home",
        "Address 1 - Formatted": f"{person.street}\n{person.city}\n{person.postal_code}\nDE",
        "Address 1 - Street": person.street,
        "Address 1 - City": person.city,
        "Address 1 - Postal Code": person.postal_code,
        "Address 1 - Country": "DE",
    }


def _outlook(person: Person, **changed: str) -> dict[str, str]:
    return {
        "Anrede": "Herr" if person.postal_code < "3" else "Frau",
        "Vorname": person.given,
        "Nachname": person.family,
        "Straße privat": person.street,
        "Ort privat": person.city,
        "Postleitzahl privat": person.postal_code,
        "Land/Region privat": "Deutschland",
        "Telefon privat": person.phone,
        "E-Mail-Adresse": changed.get("email", person.email),
        "E-Mail-Typ": "SMTP",
        "E-Mail: Angezeigter Name": person.name,
        "Notizen": person.note,
        "Priorität": "Normal",
        "Privat": "Aus",
    }


def _outlook_bare(person: Person) -> dict[str, str]:
    """Name and address only, as Outlook collects them from mails."""
    return {
        "Vorname": person.given,
        "Nachname": person.family,
        "E-Mail-Adresse": person.email,
        "E-Mail-Typ": "SMTP",
    }


def _broken(number: int, person: Person) -> str:
    return _BROKEN[number % len(_BROKEN)].format(person.family.lower())


def _file(
    name: str,
    columns: Sequence[str],
    rows: Sequence[tuple[dict[str, str], int]],
    *,
    layout: str,
    encoding: str,
    email_column: str,
) -> ImportFile:
    outlook = layout == "outlook"
    delimiter = ";" if outlook else ","
    text = io.StringIO(newline="")
    writer = csv.DictWriter(
        text,
        columns,
        restval="",
        delimiter=delimiter,
        quoting=csv.QUOTE_ALL if outlook else csv.QUOTE_MINIMAL,
        lineterminator="\r\n" if outlook else "\n",
    )
    writer.writeheader()
    line, read_to, made = 2, text.tell(), []
    for cells, outcome in rows:
        made.append(Row(cells, line, outcome))
        writer.writerow(cells)
        text.seek(read_to)
        line += text.read().count("\n")
        read_to = text.tell()
    content = text.getvalue().encode(encoding)
    return ImportFile(name, content, layout, encoding, delimiter, email_column, tuple(made))
