"""The decision itself: pure, one candidate at a time, strictest reason first."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from kernel.errors import NotFound
from services.privacy.consent.model import State

CONSENT = "consent"
NO_ADDRESS = "no-address"
RESTRICTED = "restricted"
SUPPRESSED = "suppressed"
WITHDRAWN = "withdrawn"
NO_CONSENT = "no-consent"


class DecisionNotFound(NotFound):
    """No such decision; previews keep none."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who might get a message."""

    contact_id: uuid.UUID
    address: str


@dataclass(frozen=True, slots=True)
class Known:
    """What is known about a candidate at this moment."""

    restricted: bool
    suppressed: bool
    consent_id: uuid.UUID | None
    state: State | None


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether a message may go out, and why."""

    id: uuid.UUID
    contact_id: uuid.UUID
    permitted: bool
    reason: str
    consent_id: uuid.UUID | None
    decided_at: datetime


def decide(candidate: Candidate, known: Known) -> tuple[str, uuid.UUID | None]:
    """The reason, and the consent it rests on if that permits. Only `CONSENT` permits."""
    if known.restricted:
        return RESTRICTED, None
    if not candidate.address.strip():
        return NO_ADDRESS, None
    if known.suppressed:
        return SUPPRESSED, None
    if known.state in (State.WITHDRAWN, State.REFUSED):
        return WITHDRAWN, None
    if known.state is State.GIVEN:
        return CONSENT, known.consent_id
    return NO_CONSENT, None
