"""Entries of registers: versions, what differs between them, and what in them asks for somebody."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from kernel.errors import InvalidArgument, NotFound
from services.privacy.registers.countries import adequacy_of, is_free

PROCESSORS, TRANSFERS, MEASURES, SWOT = "processors", "transfers", "measures", "swot"
# A contract that ends within so many days wants a decision.
ENDS_SOON_DAYS = 90
_DATES = "_on"

Content = Mapping[str, Any]


class EntryNotFound(NotFound):
    """No register has such an entry."""


class DateInvalid(InvalidArgument):
    """A date must be one: 2026-02-30 is none."""


class ContentMissing(InvalidArgument):
    """An entry of nothing is none."""


@dataclass(frozen=True, slots=True)
class Version:
    """One version of one entry. The content is the contract's message, by field names."""

    entry_id: uuid.UUID
    register: str
    version: int
    content: Content
    changed_by: str
    changed_at: datetime
    retired: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """A version with what the day says about it, and what differs from the version before."""

    version: Version
    alerts: list[str] = field(default_factory=list)
    changed_fields: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who gets personal data, as Art. 13, 15(1)(c) and 30(1)(d) GDPR want it named."""

    name: str
    address: str
    # "processor", "sub-processor" or "recipient".
    role: str
    country: str
    # On what a transfer to that country rests: "" within the EEA, else "adequacy", "standard-clauses",
    # "binding-corporate-rules", "derogation", or "none" if nobody has entered it.
    safeguard: str
    services: str


def require_dates(content: Content) -> None:
    """Every field that ends in `_on` is a date, or empty. Errors: DateInvalid."""
    wrong = {
        name: "is no date (ISO 8601)"
        for name, value in content.items()
        if name.endswith(_DATES) and value and day(value) is None
    }
    if wrong:
        raise DateInvalid("A date is none.", violations=wrong)


def day(text: str) -> date | None:
    """The date, or None."""
    try:
        return date.fromisoformat(text) if len(text) == len("2026-01-31") else None
    except ValueError:
        return None


def changed_fields(new: Content, old: Content | None) -> list[str]:
    """Which fields differ, in the order of their names; none for a first version."""
    if old is None:
        return []
    return sorted(name for name in new.keys() | old.keys() if new.get(name) != old.get(name))


def alerts(version: Version, *, today: date, known: Collection[str]) -> list[str]:
    """What in an entry asks for somebody; `known` are the entries that others may point to."""
    if version.retired:
        return []
    checks = {PROCESSORS: _of_processor, TRANSFERS: _of_transfer, MEASURES: _of_measure}
    check = checks.get(version.register)
    return check(version.content, today, known) if check else []


def _of_processor(content: Content, today: date, known: Collection[str]) -> list[str]:
    found = []
    ends = min((d for d in (day(content.get(n, "")) for n in ("ends_on", "notice_on")) if d), default=None)
    over = day(content.get("ends_on", ""))
    if over is not None and over < today:
        found.append("ended")
    elif ends is not None and ends <= today + timedelta(days=ENDS_SOON_DAYS):
        found.append("ends-soon")
    if content.get("role") != "RECIPIENT_ROLE_RECIPIENT" and not content.get("signed_on"):
        found.append("unsigned")
    parent = content.get("parent_id", "")
    if content.get("role") == "RECIPIENT_ROLE_SUB_PROCESSOR" and parent not in known:
        found.append("parent-missing")
    return found


def _of_transfer(content: Content, today: date, known: Collection[str]) -> list[str]:
    country, mechanism = content.get("country", ""), content.get("mechanism", "")
    if is_free(country):
        return []
    if not mechanism:
        return ["no-mechanism"]
    if mechanism == "TRANSFER_MECHANISM_ADEQUACY":
        decision = adequacy_of(country)
        if decision is None:
            return ["no-adequacy"]
        return ["adequacy-lapsed"] if decision.until and date.fromisoformat(decision.until) < today else []
    if mechanism != "TRANSFER_MECHANISM_DEROGATION" and not content.get("assessed_on"):
        return ["no-assessment"]
    return []


def _of_measure(content: Content, today: date, known: Collection[str]) -> list[str]:
    due = day(content.get("review_on", ""))
    return ["review-due"] if due is not None and due <= today else []
