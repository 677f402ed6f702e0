"""What a message on a ticket is, and who may have written it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum


class AuthorKind(IntEnum):
    """Numbers as in the contract."""

    CUSTOMER = 1
    STAFF = 2


@dataclass(frozen=True, slots=True)
class Author:
    """Who wrote a message."""

    kind: AuthorKind
    name: str

    @property
    def is_customer(self) -> bool:
        return self.kind is AuthorKind.CUSTOMER


@dataclass(frozen=True, slots=True)
class Message:
    """One message. `position` orders those of one ticket as they were written."""

    id: uuid.UUID
    position: int
    ticket_id: uuid.UUID
    author: Author
    body: str
    internal: bool
    created_at: datetime
    # Whose ticket it is; None once the contact is erased.
    contact_id: uuid.UUID | None = None


_STAFF = frozenset({"agent", "manager", "admin"})


def author_of(*, roles: frozenset[str], name: str) -> Author:
    """Staff speak for the company; services and integrators carry what a customer said."""
    if roles & _STAFF:
        return Author(AuthorKind.STAFF, name)
    # A machine's own name would tell the reader nothing about the person.
    return Author(AuthorKind.CUSTOMER, name if "customer" in roles else "")
