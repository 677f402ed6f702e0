"""Organisations, and people out of three files: two taken over, one only checked."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from google.protobuf.field_mask_pb2 import FieldMask
from kontor.contacts.v1.contacts_pb2 import (
    Contact,
    CreateOrganisationRequest,
    LinkLoginRequest,
    ListContactsRequest,
    Organisation,
    UpdateContactRequest,
)
from kontor.contacts.v1.imports_pb2 import (
    IMPORT_STATE_DRY_RUN,
    CommitImportRequest,
    CreateImportRequest,
    Import,
)

from devstack.demo.cast import CUSTOMER, Cast, Person
from devstack.demo.doors import Caller, request_id, side_by_side
from kernel.errors import AlreadyExists

_HEAD = ("Anrede", "Vorname", "Nachname", "E-Mail", "Telefon", "Straße", "PLZ", "Ort", "Land", "Firma", "Position",
         "Sprache", "Notiz")  # fmt: skip
_FIRST_FILE = 320
# The first of them have somebody's team; it is a group of the realm.
_WITH_TEAM = 120


def load(cast: Cast, *, manager: Caller, agent: Caller) -> dict[str, str]:
    """Answers the contacts' ids by address."""
    side_by_side(lambda o: _organisation(manager, o.name, o.city, o.website), cast.organisations)
    first, second = cast.people[:_FIRST_FILE], cast.people[_FIRST_FILE:]
    _import(agent, "kundenliste-2026.csv", _table(first))
    _import(agent, "messe-koeln-besucher.csv", _table(second) + _broken(first))
    _check_only(agent, "partneradressen.csv", _table(first[40:60]) + _table(_partners()))
    return _ids(agent)


def give_responsible(ids: dict[str, str], cast: Cast, *, agent: Caller) -> None:
    """The customer and some others have somebody to turn to."""
    chosen = [ids[person.email] for person in cast.people[:90:3] if person.email in ids]
    names = ("Jonas Weber", "Martin Vogel", "Lea Hoffmann")

    def assign(numbered: tuple[int, str]) -> None:
        number, contact_id = numbered
        entered = Contact(responsible_name=names[number % len(names)])
        agent.contacts.UpdateContact(
            UpdateContactRequest(
                request_id=request_id("responsible", contact_id),
                contact_id=contact_id,
                contact=entered,
                update_mask=FieldMask(paths=["responsible_name"]),
            )
        )

    side_by_side(assign, enumerate(chosen))


def give_teams(ids: dict[str, str], cast: Cast, *, agent: Caller) -> None:
    """Sales looks after companies, the service after some who buy for themselves; all others are everybody's."""
    chosen = [person for person in cast.people[1:_WITH_TEAM] if person.email in ids]

    def assign(person: Person) -> None:
        contact_id = ids[person.email]
        agent.contacts.UpdateContact(
            UpdateContactRequest(
                request_id=request_id("team", contact_id),
                contact_id=contact_id,
                contact=Contact(team="sales" if person.company else "service"),
                update_mask=FieldMask(paths=["team"]),
            )
        )

    side_by_side(assign, chosen)


def link_customer(customer: Caller) -> str:
    """Joins the demo customer's login to her contact; answers its id."""
    linked = customer.contacts.LinkLogin(LinkLoginRequest(request_id=request_id("link", CUSTOMER)))
    return str(linked.id)


def _organisation(manager: Caller, name: str, city: str, website: str) -> None:
    asked = CreateOrganisationRequest(
        request_id=request_id("organisation", name),
        organisation=Organisation(name=name, city=city, website=website),
    )
    try:
        manager.contacts.CreateOrganisation(asked)
    except AlreadyExists:
        return


def _import(agent: Caller, name: str, rows: list[list[str]]) -> None:
    checked = _check_only(agent, name, rows)
    if checked.state == IMPORT_STATE_DRY_RUN:
        commit = CommitImportRequest(request_id=request_id("commit", name), import_id=checked.id)
        agent.imports.CommitImport(commit, timeout=60)


def _check_only(agent: Caller, name: str, rows: list[list[str]]) -> Import:
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=";").writerows([_HEAD, *rows])
    asked = CreateImportRequest(
        request_id=request_id("import", name),
        file_name=name,
        content=buffer.getvalue().encode(),
        country="DE",
    )
    return agent.imports.CreateImport(asked, timeout=60)


def _table(people: Iterable[Person]) -> list[list[str]]:
    return [
        [p.salutation, p.given, p.family, p.email, p.phone, p.street, p.postal_code, p.city, p.country,
         p.company, p.role, p.language, p.note]
        for p in people
    ]  # fmt: skip


def _broken(known: list[Person]) -> list[list[str]]:
    """Rows as real files have them: the same people again, and addresses that are none."""
    twice = _table(known[10:22])
    wrong = [
        [
            "Frau",
            "Helga",
            "Brandt",
            "helga.brandt(at)post.example",
            "",
            "",
            "50667",
            "Köln",
            "DE",
            "",
            "",
            "de",
            "",
        ],
        ["Herr", "Uwe", "Kramer", "uwe.kramer@", "", "", "53111", "Bonn", "DE", "", "", "de", ""],
        ["", "", "", "", "", "Domplatz 1", "50667", "Köln", "DE", "", "", "", "nur Straße bekannt"],
        [
            "Herr",
            "Ralf",
            "Engels",
            "ralf engels@mail.example",
            "",
            "",
            "10115",
            "Berlin",
            "DE",
            "",
            "",
            "de",
            "",
        ],
    ]
    return [*twice, *wrong]


def _partners() -> list[Person]:
    makers = (
        "Nordlicht Leuchten",
        "Weberei Falk",
        "Massivholz Brinkmann",
        "Glashütte Seeland",
        "Teppichhaus Aras",
    )
    return [
        Person("Herr" if number % 2 else "Frau", given, family, f"{given.lower()}@partner-{number}.example", "",
               "", "50667", "Köln", "DE", "de", makers[number % len(makers)], "Vertrieb", "Lieferant")
        for number, (given, family) in enumerate(
            [("Anja", "Petersen"), ("Murat", "Aras"), ("Ines", "Falk"), ("Piet", "Brinkmann"), ("Rosa", "Seeland"),
             ("Karl", "Lund"), ("Mia", "Thoma"), ("Lars", "Behn")]
        )
    ]  # fmt: skip


def _ids(agent: Caller) -> dict[str, str]:
    found: dict[str, str] = {}
    asked = ListContactsRequest(page_size=200)
    while True:
        answer = agent.contacts.ListContacts(asked)
        found.update({contact.email: contact.id for contact in answer.contacts if contact.email})
        if not answer.next_page_token:
            return found
        asked.page_token = answer.next_page_token
