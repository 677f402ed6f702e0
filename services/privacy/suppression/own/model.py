"""Entries as their own person sees them, and which of them that person may have taken off."""

from __future__ import annotations

from dataclasses import dataclass

from kernel.errors import FailedPrecondition, NotFound
from services.privacy.suppression.model import LIFTED_BY_THE_PERSON, Address, Entry

# How a person has shown that an address is theirs: the login has confirmed it by a mail of its own.
PORTAL_LOGIN = "portal-login"
# Why nothing is lifted though the entry is the person's to lift: nobody has shown whose address it is.
NOT_PROVEN = "not-proven"


class NotListed(NotFound):
    """There is no such entry for the address of the login, or no longer."""


class NotYoursToLift(FailedPrecondition):
    """The entry does not stand for the person's own will: a bounce, or a reason of staff."""


class AddressNotProven(FailedPrecondition):
    """The login has no address that it has confirmed."""


@dataclass(frozen=True, slots=True)
class OwnEntry:
    """An entry with the address that found it: it is the person's own, and the person brought it along."""

    entry: Entry
    address: Address
    # Why it stays for now; empty if the person may have it taken off.
    obstacle: str


def obstacle(entry: Entry, address: Address, proven: Address | None) -> str:
    """Why this entry is not taken off at the wish of whom it concerns."""
    if entry.reason not in LIFTED_BY_THE_PERSON:
        return entry.reason
    return "" if address == proven else NOT_PROVEN
