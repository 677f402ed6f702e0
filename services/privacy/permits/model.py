"""The decision itself: pure, one candidate at a time, strictest reason first."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from kernel.errors import InvalidArgument, NotFound
from services.privacy.consent.model import STANDING, State
from services.privacy.customers.model import EXISTING_CUSTOMER, Advertising, require_category

CONSENT = "consent"
CONTRACT = "contract"
DUTY = "legal-obligation"
RENEWAL = "renewal"
NO_ADDRESS = "no-address"
RESTRICTED = "restricted"
SUPPRESSED = "suppressed"
WITHDRAWN = "withdrawn"
REFUSED = "refused"
LAPSED = "lapsed"
EXPIRED = "expired"
NO_CONSENT = "no-consent"
# What the newest record says that permits nothing; whoever was never asked has none.
_DENIES: dict[State | None, str] = {
    State.WITHDRAWN: WITHDRAWN,
    State.REFUSED: REFUSED,
    State.EXPIRED: LAPSED,
}
PERMITS = frozenset({CONSENT, RENEWAL, CONTRACT, DUTY, EXISTING_CUSTOMER})
# Where nobody has said yes or no, and § 7(3) UWG may say more.
UNDECIDED = frozenset({EXPIRED, LAPSED, NO_CONSENT})
# What may be sent without consent, because it serves what the person has with the company (Art. 6(1)(b) GDPR).
# Advertising never does: a topic comes onto this list by a decision, not by a caller's word.
SERVICE_TOPICS = frozenset({"login-invitation"})
# What must be sent, whatever the person has objected to: how their own request stands (Art. 12(3), (4) GDPR). Neither
# a restriction nor the suppression list may keep somebody from the answer that they asked for.
DUTY_TOPICS = frozenset({"data-subject-request"})


# In the order in which `decide` looks; the first that fails is the reason.
_CONDITIONS = ("restriction", "address", "suppression", "basis")
_FAILED = {RESTRICTED: "restriction", NO_ADDRESS: "address", SUPPRESSED: "suppression"}
# A duty is fulfilled whatever these say.
_NOT_FOR_DUTIES = frozenset({"restriction", "suppression"})


class Outcome(IntEnum):
    """What came of a condition; as on the wire."""

    MET = 1
    FAILED = 2
    NOT_ASKED = 3


class BasisNotOpen(InvalidArgument):
    """This topic cannot rest on that basis."""

    def __init__(self) -> None:
        super().__init__(
            "Messages on this topic need the person's consent.",
            violations={"basis": "does not carry this topic"},
        )


class DecisionNotFound(NotFound):
    """No such decision; previews keep none."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who might get a message."""

    contact_id: uuid.UUID
    address: str


@dataclass(frozen=True, slots=True)
class About:
    """What the messages of a batch are about, and whether they rest on the contract or a duty instead of on consent.

    With `similar` they may also go to existing customers who have neither said yes nor no.
    """

    channel: int
    topic: str
    contract: bool = False
    duty: bool = False
    similar: Advertising | None = None
    # Asks whether the consent is to go on: rests on it, and is no use that keeps it alive.
    renewal: bool = False


@dataclass(frozen=True, slots=True)
class Known:
    """What is known about a candidate at this moment."""

    restricted: bool
    suppressed: bool
    consent_id: uuid.UUID | None
    state: State | None
    # Whether it is the text that has changed since.
    outdated: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether a message may go out, and why."""

    id: uuid.UUID
    contact_id: uuid.UUID
    permitted: bool
    reason: str
    consent_id: uuid.UUID | None
    decided_at: datetime
    # Why the address is on the suppression list; for previews only.
    suppressed_for: str = ""
    # The sale it rests on (§ 7(3) UWG).
    sale_id: uuid.UUID | None = None


@dataclass(frozen=True, slots=True)
class Logged:
    """A decision as the log shows it: with what it was about, and the batch that it was asked in."""

    decision: Decision
    topic: str
    channel: int
    batch_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which decisions of the log. None and empty restrict nothing; `until` is the first moment after."""

    contact_id: uuid.UUID | None = None
    topic: str = ""
    permitted: bool | None = None
    reason: str = ""
    since: datetime | None = None
    until: datetime | None = None
    channel: int = 0
    batch_id: uuid.UUID | None = None


@dataclass(frozen=True, slots=True)
class Tally:
    """How many decisions there are with one reason on one channel."""

    reason: str
    channel: int
    permitted: bool
    count: int


def require_basis(about: About) -> None:
    """Errors: BasisNotOpen for a contract or a duty that does not carry the topic, or advertising with one that is
    none or with a question about a consent; CategoryInvalid."""
    if about.contract and about.topic not in SERVICE_TOPICS:
        raise BasisNotOpen
    if about.duty and about.topic not in DUTY_TOPICS:
        raise BasisNotOpen
    if about.similar is not None:
        # A question about a consent rests on that consent: a sale must not open it.
        if about.renewal or about.topic in SERVICE_TOPICS | DUTY_TOPICS:
            raise BasisNotOpen
        require_category(about.similar.category)


def decide(
    candidate: Candidate, known: Known, *, contract: bool = False, duty: bool = False, renewal: bool = False
) -> tuple[str, uuid.UUID | None]:
    """The reason, and the consent it rests on if that permits. Only what is in `PERMITS` permits.

    With `contract` no consent is needed; restriction and suppression hold as ever. With `duty` they do not.
    """
    if duty and candidate.address.strip():
        return DUTY, None
    if known.restricted:
        return RESTRICTED, None
    if not candidate.address.strip():
        return NO_ADDRESS, None
    if known.suppressed:
        return SUPPRESSED, None
    if contract:
        return CONTRACT, None
    if known.state in STANDING:
        return RENEWAL if renewal else CONSENT, known.consent_id
    return EXPIRED if known.outdated else _DENIES.get(known.state, NO_CONSENT), None


def conditions(decision: Decision) -> list[tuple[str, Outcome]]:
    """What came of every condition: those before the one that failed were met, those behind it were not asked."""
    failed = "" if decision.permitted else _FAILED.get(decision.reason, "basis")
    found, denied = [], False
    for name in _CONDITIONS:
        skipped = decision.reason == DUTY and name in _NOT_FOR_DUTIES
        outcome = Outcome.NOT_ASKED if denied or skipped else Outcome.MET
        if name == failed:
            outcome, denied = Outcome.FAILED, True
        found.append((name, outcome))
    return found
