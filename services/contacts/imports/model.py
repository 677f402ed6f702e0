"""Values of an import: a row as it was read, what was decided about it, and the reasons by their stable keys."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from kernel.errors import FailedPrecondition, NotFound
from services.contacts.people.model import Person

# The numbers of the contract (imports.proto): ImportState and RowOutcome.
DRY_RUN, COMMITTED = 1, 2
NEW, UPDATE, DUPLICATE, SUPPRESSED, INVALID = 1, 2, 3, 4, 5

# Why a row is invalid.
TOO_MANY_CELLS = "too-many-cells"
CONTROL_CHARACTERS = "control-characters"
TOO_LONG = "too-long"
EMAIL_INVALID = "email-invalid"
NO_NAME_NO_EMAIL = "no-name-no-email"
# The person has demanded that the data is stored and nothing else (Art. 18 GDPR).
RESTRICTED = "restricted"
# Why a row adds nothing.
IN_FILE = "duplicate-in-file"
IN_CONTACTS = "duplicate-contact"
ON_LIST = "suppressed"
# A warning: the row is taken without its phone number.
PHONE_INVALID = "phone-invalid"


class ImportNotFound(NotFound):
    """No such import."""

    def __init__(self) -> None:
        super().__init__("There is no such import.")


class ImportCommitted(FailedPrecondition):
    """The import was committed before."""

    def __init__(self) -> None:
        super().__init__("This import is committed already.")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A row read as a contact. `problem` says why it cannot be one, `warning` what was left out."""

    line: int
    cells: dict[str, str]
    person: Person = field(default_factory=Person)
    organisation: str = ""
    role: str = ""
    problem: str = ""
    warning: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of a row. `person` is the contact as it will be.

    `fields` are those that an update fills; `same_as` is the earlier line that a duplicate repeats.
    """

    candidate: Candidate
    outcome: int
    reason: str = ""
    contact_id: uuid.UUID | None = None
    person: Person | None = None
    fields: tuple[str, ...] = ()
    same_as: int | None = None


class Known(NamedTuple):
    """What an existing contact is compared by, and what an update would fill."""

    id: uuid.UUID
    person: Person
    has_relations: bool
    # Then nothing is filled, whatever the row says.
    restricted: bool = False


class Counts(NamedTuple):
    """How many rows became what."""

    rows: int = 0
    new: int = 0
    update: int = 0
    duplicate: int = 0
    suppressed: int = 0
    invalid: int = 0


class ImportView(NamedTuple):
    """An import as it is read; the order is that of the statement in the store."""

    id: uuid.UUID
    file_name: str
    state: int
    layout: str
    encoding: str
    delimiter: str
    header: list[str]
    country: str
    rows: int
    new: int
    update: int
    duplicate: int
    suppressed: int
    invalid: int
    created_at: datetime
    committed_at: datetime | None


class RowView(NamedTuple):
    """A row as it is read."""

    line: int
    outcome: int
    reason: str
    cells: dict[str, str]
    contact_id: uuid.UUID | None


def counts_of(decisions: list[Decision]) -> Counts:
    """Counts by outcome."""
    outcomes = [d.outcome for d in decisions]
    return Counts(
        len(outcomes), *(outcomes.count(kind) for kind in (NEW, UPDATE, DUPLICATE, SUPPRESSED, INVALID))
    )
