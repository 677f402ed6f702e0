"""Everybody in the demo: invented with a fixed seed, so that every start tells the same story."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from faker import Faker

SEED = 20261
PEOPLE = 500
# The customer who can log in to the portal; her account is in deploy/keycloak/demo-users.json.
CUSTOMER = "kunde@demo.example"
_TRANSLITERATION = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
# Numbers that the Bundesnetzagentur keeps free for films: nobody's telephone can ring.
_PLACES = (
    ("50667", "Köln", "0221 4710"),
    ("50823", "Köln", "0221 4710"),
    ("51063", "Köln", "0221 4710"),
    ("53111", "Bonn", "0221 4710"),
    ("40213", "Düsseldorf", "0221 4710"),
    ("51373", "Leverkusen", "0221 4710"),
    ("10115", "Berlin", "030 23125"),
    ("20095", "Hamburg", "040 66969"),
    ("80331", "München", "089 99998"),
    ("60311", "Frankfurt am Main", "069 90009"),
    ("04109", "Leipzig", "030 23125"),
    ("70173", "Stuttgart", "089 99998"),
)
_ROLES = (
    "Einkauf",
    "Geschäftsführung",
    "Assistenz",
    "Innenarchitektur",
    "Verwaltung",
    "Hausleitung",
    "Projektleitung",
)
_NOTES = (
    "Bevorzugt Eiche massiv, kein Furnier.",
    "Bitte nur vormittags anrufen.",
    "Lieferung über den Hof, Einfahrt 2,20 m breit.",
    "Kam über die Messe Köln.",
    "Sammelrechnung zum Monatsende gewünscht.",
)


@dataclass(frozen=True)
class Organisation:
    """A company that buys furniture, or a partner that makes it."""

    name: str
    city: str
    website: str


@dataclass(frozen=True)
class Person:
    """Somebody who exists in the demo only."""

    salutation: str
    given: str
    family: str
    email: str
    phone: str
    street: str
    postal_code: str
    city: str
    country: str
    language: str
    company: str
    role: str
    note: str

    @property
    def name(self) -> str:
        return f"{self.given} {self.family}"


@dataclass(frozen=True)
class Cast:
    """Everybody, in a fixed order."""

    organisations: list[Organisation]
    people: list[Person]

    @property
    def customer(self) -> Person:
        """Annika Sommer, who can log in to the portal."""
        return self.people[0]


def invent() -> Cast:
    """The same people in every run."""
    fake = Faker("de_DE")
    fake.seed_instance(SEED)
    organisations = _organisations(fake)
    people = [_customer()]
    taken = {CUSTOMER}
    while len(people) < PEOPLE:
        person = _person(fake, len(people), organisations)
        if person.email not in taken or not person.email:
            taken.add(person.email)
            people.append(person)
    return Cast(organisations, people)


def _customer() -> Person:
    return Person(
        salutation="Frau", given="Annika", family="Sommer", email=CUSTOMER, phone="0221 4710101",
        street="Lindenstraße 8", postal_code="50674", city="Köln", country="DE", language="de",
        company="", role="", note="Sammelt Stühle aus den Sechzigern.",
    )  # fmt: skip


def _organisations(fake: Faker) -> list[Organisation]:
    kinds = (
        "Hotel {}", "Architekturbüro {}", "Tischlerei {}", "Kanzlei {} & Partner", "Praxis Dr. {}",
        "Café {}", "{} Immobilien GmbH", "Polsterei {}", "Innenausbau {} GmbH", "{} Lichttechnik KG",
    )  # fmt: skip
    found: dict[str, Organisation] = {}
    while len(found) < 40:
        family = fake.last_name()
        name = kinds[len(found) % len(kinds)].format(family)
        city = fake.random_element(_PLACES)[1]
        found.setdefault(name, Organisation(name, city, f"www.{_slug(name)}.example"))
    return list(found.values())


def _person(fake: Faker, number: int, organisations: list[Organisation]) -> Person:
    woman = fake.boolean()
    given = fake.first_name_female() if woman else fake.first_name_male()
    family = fake.last_name()
    postal_code, city, block = fake.random_element(_PLACES)
    at_work = number % 5 in {1, 3}
    company = organisations[number * 7 % len(organisations)] if at_work else None
    domain = (
        company.website.removeprefix("www.")
        if company
        else fake.random_element(("post.example", "mail.example"))
    )
    local = f"{_slug(given)}.{_slug(family)}"
    english = number % 17 == 5
    return Person(
        salutation="Frau" if woman else "Herr",
        given=given,
        family=family,
        # Some customers never gave an address; they are called or written to.
        email="" if number % 23 == 9 else f"{local}@{domain}",
        phone=f"{block}{number % 1000:03}" if number % 3 else "",
        street=f"{fake.street_name()} {fake.random_int(1, 120)}",
        postal_code=postal_code,
        city=city,
        country="DE",
        language="en" if english else "de",
        company=company.name if company else "",
        role=fake.random_element(_ROLES) if company else "",
        note=fake.random_element(_NOTES) if number % 9 == 4 else "",
    )


def _slug(text: str) -> str:
    # Umlauts are written out first; what else has an accent loses it: "Café" is "cafe" and not "caf".
    spelled = text.casefold().replace("ß", "ss").translate(_TRANSLITERATION)
    plain = unicodedata.normalize("NFKD", spelled).encode("ascii", "ignore").decode()
    kept = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in plain)
    return "-".join(part for part in kept.split("-") if part)
