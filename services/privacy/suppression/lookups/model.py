"""A look at the list, and why somebody may take one."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from kernel.errors import InvalidArgument, ResourceExhausted

REASONS = frozenset({"person-asks", "complaint", "before-writing", "audit"})
# Enough for a morning of letters, too few to go through anybody's address book.
MOST = 30
WITHIN = timedelta(hours=1)


class LookUpReasonUnknown(InvalidArgument):
    """Whoever looks an address up must say why, in a word that everybody understands."""


class TooManyLookUps(ResourceExhausted):
    """Nobody has so many reasons in an hour."""


@dataclass(frozen=True, slots=True)
class LookUp:
    """That somebody has looked, and what they were told. Never at which address."""

    id: uuid.UUID
    looked_at: datetime
    actor: str
    reason: str
    channel: int
    suppressed: bool


def require_reason(reason: str) -> None:
    """Errors: LookUpReasonUnknown."""
    if reason not in REASONS:
        raise LookUpReasonUnknown(
            "This reason is not known.", violations={"reason": f"must be one of {', '.join(sorted(REASONS))}"}
        )
