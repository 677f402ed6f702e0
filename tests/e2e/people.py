"""Everybody in the run: invented from a fixed seed, so that every expected count is known before it starts."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

SEED = 20260503
# The mail sink refuses this domain at RCPT, as a relay refuses a mailbox that does not exist.
REFUSED_DOMAIN = "bounce.example"


def _words(text: str) -> list[str]:
    return text.split()


_GIVEN = _words(
    "Jörg Käthe Björn Zoë Günter Anneliese Müjde René Sören Änne Hüseyin Sofía Torben Mürvet Elke Özlem Hannes "
    "Grete Ulf Wiebke Ruben Thekla Ingo Marit Veit Runa Falk Silke Arne Hilke Ole Gesine Lasse Frauke Piet Merle"
)
# Not in Windows-1252: only the first file can carry them.
_GIVEN_UTF8 = ("Łucja", "Đurđa", "Jiří", "Ağca")
# Put together, they are names that occur nowhere else: a hit in a log or on the bus is a leak, never an accident.
_FIRST_HALF = _words(
    "Apfel Birken Brücken Buchen Dachs Distel Eichen Erlen Espen Falken Farn Fichten Flieder Forst Fuchs Gänse Ginster "
    "Habicht Hafer Hasel Heide Hirsch Holunder Igel Kiefern Klee Kranich Kräuter Lerchen Linden Löwen Lupinen Marder "
    "Minzen Möwen Mühlen Nebel Nelken Otter Pappel Quellen Reiher "
    "Röhricht Rüben Schlehen Storchen Tannen Ulmen Wacholder Ziegel"
)
_SECOND_HALF = _words(
    "acker anger bacher bauer beck berger binder bogen born brink bruch brunner burger damm dorfer egger fäller feldt "
    "garten graber häuser heimer hofer holzer horster huber kamp köhler kötter länder leitner lohe macher mayr möller "
    "reuter rieder sänger schäfer siepen stätter steiner"
)
# Numbers that the Bundesnetzagentur keeps free for films: nobody's telephone can ring.
_NUMBER_BLOCKS = ("030 23125", "040 66969", "0221 4710", "089 99998", "069 90009")
_PLACES = (
    ("10115", "Berlin"),
    ("20095", "Hamburg"),
    ("50667", "Köln"),
    ("80331", "München"),
    ("60311", "Frankfurt"),
)
_STREETS = ("Gänseweg", "Zur Alten Mühle", "Rosenstraße", "Am Füllort", "Lange Gasse", "Königsallee")
_TRANSLITERATION = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})

GOOGLE_NEW, GOOGLE_TWICE, GOOGLE_INVALID = 960, 25, 15
OUTLOOK_NEW, OUTLOOK_KNOWN, OUTLOOK_UPDATES, OUTLOOK_TWICE, OUTLOOK_INVALID = 900, 40, 30, 20, 10
OUTLOOK_WITHOUT_EMAIL = 10
CONSENTS_GOOGLE, CONSENTS_OUTLOOK, WITHDRAWN, REFUSED = 500, 250, 25, 2
IDNA = 700


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who exists in this run only."""

    given: str
    family: str
    email: str
    phone: str
    street: str
    postal_code: str
    city: str
    note: str

    @property
    def name(self) -> str:
        return f"{self.given} {self.family}"

    @property
    def phone_e164(self) -> str:
        return f"+49{self.phone.replace(' ', '').removeprefix('0')}"


@dataclass(frozen=True)
class People:
    """All persons of the run by what happens to them. Slices of the two lists, never chosen at random."""

    google: tuple[Person, ...]
    outlook: tuple[Person, ...]
    strangers: tuple[Person, ...]

    @property
    def customer(self) -> Person:
        """Logs in, asks for a copy and for erasure."""
        return self.google[30]

    @property
    def leaver(self) -> Person:
        """Unsubscribes with one click."""
        return self.outlook[3]

    @property
    def visitor(self) -> Person:
        """Signs up for the newsletter; in no file."""
        return self.strangers[0]

    @property
    def agent(self) -> Person:
        return self.strangers[1]

    @cached_property
    def asked(self) -> tuple[Person, ...]:
        """Everybody who gave consent at some time, apart from the visitor."""
        return (*self.google[:CONSENTS_GOOGLE], *self.outlook[:CONSENTS_OUTLOOK])

    @property
    def withdrawn(self) -> tuple[Person, ...]:
        """Gave it and took it back."""
        return self.google[CONSENTS_GOOGLE - WITHDRAWN : CONSENTS_GOOGLE]

    @cached_property
    def permitted(self) -> tuple[Person, ...]:
        """Whom a newsletter may be sent to, apart from the visitor."""
        return (*self.google[: CONSENTS_GOOGLE - WITHDRAWN], *self.outlook[:CONSENTS_OUTLOOK])

    @property
    def refused(self) -> tuple[Person, ...]:
        """Permitted, but the relay does not know their mailbox."""
        return tuple(person for person in self.permitted if person.email.endswith(REFUSED_DOMAIN))

    @property
    def without_phone(self) -> tuple[Person, ...]:
        """Come without a number in the first file, and with one in the second."""
        return self.google[-OUTLOOK_UPDATES:]

    @property
    def without_email(self) -> tuple[Person, ...]:
        return tuple(person for person in self.outlook if not person.email)

    def __iter__(self) -> Iterator[Person]:
        yield from (*self.google, *self.outlook, *self.strangers)


def invent() -> People:
    """The same people in every run."""
    dice = random.Random(SEED)
    families = [first + second for first in _FIRST_HALF for second in _SECOND_HALF]
    dice.shuffle(families)
    google = [_person(number, families[number], dice, _GIVEN) for number in range(GOOGLE_NEW)]
    for number in range(3, 90, 9):
        google[number] = replace(google[number], given=dice.choice(_GIVEN_UTF8))
    for number in range(20, 20 + REFUSED):
        google[number] = replace(
            google[number], email=f"{google[number].email.partition('@')[0]}@{REFUSED_DOMAIN}"
        )
    start = GOOGLE_NEW
    outlook = [
        _person(start + number, families[start + number], dice, _GIVEN) for number in range(OUTLOOK_NEW)
    ]
    for number in range(OUTLOOK_NEW - OUTLOOK_WITHOUT_EMAIL, OUTLOOK_NEW):
        outlook[number] = replace(outlook[number], email="")
    start += OUTLOOK_NEW
    # The rest of the names: the visitor, staff, and whoever stands in the invalid rows.
    strangers = [_person(number, families[number], dice, _GIVEN) for number in range(start, start + 40)]
    return People(tuple(google), tuple(outlook), tuple(strangers))


def _person(number: int, family: str, dice: random.Random, given: list[str]) -> Person:
    postal_code, city = dice.choice(_PLACES)
    block = _NUMBER_BLOCKS[number % len(_NUMBER_BLOCKS)]
    local = family.lower().translate(_TRANSLITERATION)
    note = ""
    if number % 5 == 0:
        # Lines, quotes and both separators inside one cell; no line stands in anybody else's.
        mark = f"{number}-{dice.randrange(10**6):06}"
        note = f'Mag {family}-Kekse; "sehr" gern,\naber {family} nie mit Nüssen.\nVermerk {mark}'
    return Person(
        given=dice.choice(given),
        family=family,
        # One address has umlauts in its domain (IDNA); it must import like any other.
        email=f"{local}{number}@{'büro' if number == IDNA else 'haus'}-post.example",
        phone=f"{block}{number // len(_NUMBER_BLOCKS):03}",
        street=f"{dice.choice(_STREETS)} {dice.randrange(1, 90)}",
        postal_code=postal_code,
        city=city,
        note=note,
    )
