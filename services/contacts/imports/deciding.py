"""What becomes of each row: new, update, duplicate, suppressed or invalid. Pure; same world, same answer."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import replace

from services.contacts.imports.model import (
    DUPLICATE,
    IN_CONTACTS,
    IN_FILE,
    INVALID,
    NEW,
    ON_LIST,
    RESTRICTED,
    SUPPRESSED,
    UPDATE,
    Candidate,
    Decision,
    Known,
)
from services.contacts.people.model import RELATIONS, Person, name_key
from services.contacts.text import email_key, fold

_FILLED = ("salutation", "given_name", "family_name", "email", "phone", "country", "language", "note")
_ADDRESS = ("street", "postal_code", "city")


class _Somebody:
    """A person that rows are compared with: a contact, an earlier row, or both."""

    __slots__ = ("known", "line")

    def __init__(self, known: Known | None, line: int | None) -> None:
        self.known = known
        self.line = line


class _Index:
    """Finds somebody by address, or by name together with phone or postal address."""

    def __init__(self, known: Iterable[Known]) -> None:
        self._by: dict[tuple[str, ...], _Somebody] = {}
        for contact in known:
            self.add(contact.person, _Somebody(contact, None))

    def add(self, person: Person, somebody: _Somebody) -> None:
        for key in keys_of(person):
            self._by.setdefault(key, somebody)

    def find(self, person: Person) -> _Somebody | None:
        return next((found for key in keys_of(person) if (found := self._by.get(key))), None)


def keys_of(person: Person) -> list[tuple[str, ...]]:
    """By what a person is recognised, strongest first."""
    keys: list[tuple[str, ...]] = []
    if person.email:
        keys.append(("email", email_key(person.email) or ""))
    name = name_key(person.given_name, person.family_name)
    if name and person.phone:
        keys.append(("phone", name, person.phone))
    if name and person.street and (person.postal_code or person.city):
        keys.append(("address", name, fold(person.street), person.postal_code or fold(person.city)))
    return keys


def decide(
    candidates: Sequence[Candidate], *, suppressed: Sequence[bool], known: Iterable[Known]
) -> list[Decision]:
    """Decides the rows in their order; `suppressed` says for each whether its address is on the list."""
    index = _Index(known)
    return [
        _decide(candidate, on_list, index) for candidate, on_list in zip(candidates, suppressed, strict=True)
    ]


def _decide(candidate: Candidate, on_list: bool, index: _Index) -> Decision:
    if candidate.problem:
        return Decision(candidate, INVALID, candidate.problem)
    if on_list:
        return Decision(candidate, SUPPRESSED, ON_LIST)
    somebody = index.find(candidate.person)
    if somebody is not None and somebody.known is not None and somebody.known.restricted:
        # Whether the row would add anything is not said: that would tell what is there.
        return Decision(candidate, INVALID, RESTRICTED, somebody.known.id)
    if somebody is None:
        index.add(candidate.person, _Somebody(None, candidate.line))
        return Decision(candidate, NEW, candidate.warning, person=candidate.person)
    if somebody.line is not None:
        contact_id = somebody.known.id if somebody.known else None
        return Decision(candidate, DUPLICATE, IN_FILE, contact_id, same_as=somebody.line)
    assert somebody.known is not None
    names = fillable(somebody.known, candidate)
    if not names:
        return Decision(candidate, DUPLICATE, IN_CONTACTS, somebody.known.id)
    # From now on this contact is "in the file": a second row about it adds nothing.
    somebody.line = candidate.line
    values = {name: getattr(candidate.person, name) for name in names if name != RELATIONS}
    filled = replace(somebody.known.person, **values)
    index.add(filled, somebody)
    return Decision(candidate, UPDATE, candidate.warning, somebody.known.id, filled, names)


def fillable(known: Known, candidate: Candidate) -> tuple[str, ...]:
    """The empty fields of the contact for which the row has a value."""
    old, new = known.person, candidate.person
    names = [name for name in _FILLED if not getattr(old, name) and getattr(new, name)]
    # An address is one thing: a street from here and a city from there would be nobody's.
    if not any(getattr(old, name) for name in _ADDRESS):
        names += [name for name in _ADDRESS if getattr(new, name)]
    if candidate.organisation and not known.has_relations:
        names.append(RELATIONS)
    return tuple(names)


def settled(decisions: Sequence[Decision], created: dict[int, uuid.UUID]) -> list[Decision]:
    """The decisions with the contacts that were created for their lines, duplicates of those included."""
    return [
        replace(d, contact_id=d.contact_id or created.get(d.same_as or d.candidate.line)) for d in decisions
    ]
