"""Values and pure rules of people: what a contact is, what makes it valid, who may change what."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, NamedTuple

from kernel.addresses import normal_email
from kernel.errors import AlreadyExists, FailedPrecondition, InvalidArgument, NotFound, PermissionDenied
from services.contacts.text import (
    clean,
    clean_lines,
    email_key,
    fold,
    is_country,
    normal_phone,
)

HOME_COUNTRY = "DE"
RELATIONS = "relations"
# Where a record came from is a fact about the past (Art. 14(2)(f) GDPR), and the rest is ours to set.
_UNCHANGEABLE = frozenset(
    {"id", "etag", "create_time", "update_time", "source", "masked_fields", "restriction"}
)
_CUSTOMERS = frozenset(
    {
        "salutation",
        "given_name",
        "family_name",
        "phone",
        "street",
        "postal_code",
        "city",
        "country",
        "language",
    }
)


class ContactNotFound(NotFound):
    """No such contact, or one that this caller may not know of."""

    def __init__(self) -> None:
        super().__init__("There is no such contact.")


class AddressInUse(AlreadyExists):
    """The e-mail address belongs to another contact."""

    def __init__(self) -> None:
        super().__init__("Another contact has this e-mail address.", violations={"email": "is in use"})


class AddressSuppressed(FailedPrecondition):
    """The address is on the suppression list."""

    def __init__(self) -> None:
        super().__init__("This address must not be stored or contacted: it is on the suppression list.")


class IdentifiersChanged(FailedPrecondition):
    """An erasure would not take all of the contact's addresses, or some that are another contact's.

    `metadata["others"]` are the positions of the latter among the e-mail addresses, in order, by commas.
    """

    def __init__(self, others: Sequence[int]) -> None:
        super().__init__(
            "These are not the contact's addresses, or not all of them.",
            metadata={"others": ",".join(map(str, others))},
        )


class PageGone(InvalidArgument):
    """The contact on which the page before ended does not exist any more."""

    def __init__(self) -> None:
        super().__init__(
            "The list has changed where this page begins; start again without the token.",
            violations={"page_token": "continues after a contact that is gone"},
        )


class RelationView(NamedTuple):
    """A role in an organisation as it is read."""

    organisation_id: str
    organisation_name: str
    role: str
    shared: bool


class ContactView(NamedTuple):
    """A contact as it is read; the order is that of the statement in the store."""

    id: uuid.UUID
    version: int
    salutation: int
    given_name: str
    family_name: str
    email: str
    phone: str
    street: str
    postal_code: str
    city: str
    country: str
    language: str
    note: str
    source: str
    created_at: datetime
    updated_at: datetime
    responsible_id: str
    responsible_name: str
    name_key: str
    team: str
    relations: list[list[Any]] | None


@dataclass(frozen=True, slots=True)
class Colleague:
    """Another contact of the same organisation, by name only."""

    contact_id: uuid.UUID
    name: str


@dataclass(frozen=True, slots=True)
class Relation:
    """A role in an organisation as it is written."""

    organisation_id: uuid.UUID
    role: str
    shared: bool = False


@dataclass(frozen=True, slots=True)
class Person:
    """What people write about a contact, normalised."""

    salutation: int = 0
    given_name: str = ""
    family_name: str = ""
    email: str = ""
    phone: str = ""
    street: str = ""
    postal_code: str = ""
    city: str = ""
    country: str = ""
    language: str = ""
    note: str = ""
    responsible_id: str = ""
    responsible_name: str = ""
    team: str = ""

    @property
    def name_key(self) -> str:
        """Family and given name for comparing and sorting; the address sorts who has no name."""
        return name_key(self.given_name, self.family_name) or fold(self.email)

    def derived(self, organisations: Collection[str]) -> dict[str, Any]:
        """The columns that follow from the others."""
        return {
            "email_key": email_key(self.email),
            "name_key": self.name_key,
            "search_text": self._search_text(organisations),
        }

    def _search_text(self, organisations: Collection[str]) -> str:
        parts = (self.given_name, self.family_name, self.email, self.phone, self.street, self.city)
        return fold(" ".join((*parts, self.postal_code, *organisations)))


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which contacts; empty fields do not restrict."""

    query: str = ""
    city: str = ""
    country: str = ""
    language: str = ""
    organisation_id: uuid.UUID | None = None
    source: str = ""
    with_email: bool = False
    # Whoever may not see phone numbers must not find people by them either.
    blind_to_phone: bool = False


_PERSON_FIELDS = tuple(f.name for f in fields(Person))


def name_key(given_name: str, family_name: str) -> str:
    """Family and given name as they are compared; empty if neither is known."""
    return fold(f"{family_name} {given_name}")


def normalised(values: Mapping[str, Any], *, phone_country: str = "") -> Person:
    """A person from raw values. Errors: InvalidArgument with the fields at fault."""
    violations: dict[str, str] = {}
    country = clean(values.get("country", "")).upper()
    if country and not is_country(country):
        violations["country"] = "must be an ISO 3166-1 alpha-2 country"
    person = Person(
        salutation=values.get("salutation", 0),
        given_name=clean(values.get("given_name", "")),
        family_name=clean(values.get("family_name", "")),
        email=_email(values.get("email", ""), violations),
        phone=_phone(values.get("phone", ""), phone_country or country, violations),
        street=clean(values.get("street", "")),
        postal_code=clean(values.get("postal_code", "")),
        city=clean(values.get("city", "")),
        country=country,
        language=values.get("language", ""),
        note=clean_lines(values.get("note", "")),
        responsible_id=clean(values.get("responsible_id", "")),
        responsible_name=clean(values.get("responsible_name", "")),
        team=clean(values.get("team", "")),
    )
    if not (person.given_name or person.family_name or person.email):
        violations["family_name"] = "a contact needs a name or an e-mail address"
    if violations:
        raise InvalidArgument(
            f"Some fields are not valid: {', '.join(sorted(violations))}.",
            reason="FIELDS_INVALID",
            violations=violations,
        )
    return person


def person_values(person: Person) -> dict[str, Any]:
    """The person's own columns."""
    return {name: getattr(person, name) for name in _PERSON_FIELDS} | {"team": person.team or None}


def changed(view: ContactView, changes: Mapping[str, Any]) -> Person:
    """The person after the changes. Errors: InvalidArgument with the fields at fault."""
    before = {name: getattr(view, name) for name in _PERSON_FIELDS}
    return normalised({**before, **{k: v for k, v in changes.items() if k != RELATIONS}})


def differences(view: ContactView, person: Person) -> list[str]:
    """Names of the fields that differ, in a stable order."""
    return [name for name in _PERSON_FIELDS if getattr(view, name) != getattr(person, name)]


def check_mask(paths: Collection[str], *, known: Collection[str], customer: bool) -> None:
    """Refuses a mask with nothing, unknown or unchangeable paths, and what customers may not change.

    Errors: InvalidArgument, PermissionDenied.
    """
    wrong = sorted(p for p in paths if p not in known or p in _UNCHANGEABLE)
    if wrong or not paths:
        raise InvalidArgument(
            "The update mask must name fields that can be changed.",
            reason="MASK_INVALID",
            violations={
                "update_mask": f"cannot change: {', '.join(wrong)}" if wrong else "must not be empty"
            },
        )
    foreign = sorted(set(paths) - _CUSTOMERS) if customer else []
    if foreign:
        raise PermissionDenied(
            f"You cannot change this yourself: {', '.join(foreign)}.", reason="FIELD_NOT_YOURS"
        )


def _email(value: str, violations: dict[str, str]) -> str:
    if not value.strip():
        return ""
    found = normal_email(value)
    if found is None:
        violations["email"] = "must be an e-mail address"
    return found or ""


def _phone(value: str, country: str, violations: dict[str, str]) -> str:
    if not value.strip():
        return ""
    found = normal_phone(value, country or HOME_COUNTRY)
    if found is None:
        violations["phone"] = "must be a phone number; E.164 is understood everywhere"
    return found or ""
