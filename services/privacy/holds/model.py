"""Holds as values: reasons, and how long nobody may forget to look at one."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from kernel.errors import FailedPrecondition, InvalidArgument, NotFound

# A closed list, because whatever somebody may type here would be about a person and outlive the erasure:
# legal claims (Art. 17(3)(e) GDPR), a demand of a court or an authority (Art. 17(3)(b)), an audit of taxes whose
# period does not end meanwhile (§ 147(3) AO).
REASONS = frozenset({"legal-claims", "authority", "tax-audit"})
_LONGEST = timedelta(days=2 * 365)


class HoldExists(FailedPrecondition):
    """The contact has a hold; `metadata["id"]` names it."""


class HoldNotFound(NotFound):
    """No such hold, or it was released."""


@dataclass(frozen=True, slots=True)
class Hold:
    """One hold on everything that is held about a contact."""

    id: uuid.UUID
    contact_id: uuid.UUID
    reason: str
    review_on: date
    placed_at: datetime
    released_at: datetime | None = None


def require_grounds(reason: str, review_date: str, *, today: date) -> date:
    """The day of the review. Errors: InvalidArgument for another reason, or a day that is not within two years."""
    problems = {}
    if reason not in REASONS:
        problems["reason"] = f"must be one of {', '.join(sorted(REASONS))}"
    day = _day(review_date)
    if day is None or not today < day <= today + _LONGEST:
        problems["review_date"] = "must be a day within the next two years"
    if problems or day is None:
        raise InvalidArgument(
            "A hold needs a reason and a day of review.", reason="FIELDS_INVALID", violations=problems
        )
    return day


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
