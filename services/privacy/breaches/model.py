"""The clock of 72 hours, what the answers say about the risk, and what is still to be done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from typing import Any

from kernel.errors import InvalidArgument, NotFound
from services.privacy.registers.model import Content, Version

BREACHES = "breaches"
_PERIOD = timedelta(hours=72)
_HOUR = timedelta(hours=1)
# Clocks of two machines differ a little; more than that is a mistake.
_AHEAD = timedelta(minutes=5)


class BreachNotFound(NotFound):
    """The register has no such breach."""


class ReasonMissing(InvalidArgument):
    """A decision below what the answers say needs a reason (Art. 5(2) GDPR)."""


class TimeToCome(InvalidArgument):
    """Nobody is aware of, or has told, what has not happened yet."""


class Risk(IntEnum):
    """For the rights and freedoms of the persons; numbers are the contract's."""

    UNLIKELY = 1
    PRESENT = 2
    HIGH = 3


@dataclass(frozen=True, slots=True)
class Breach:
    """A version of a breach with what the clock and its answers say."""

    version: Version
    due_at: datetime
    last_at: datetime
    suggested: Risk
    alerts: Sequence[str] = ()
    changed_fields: Sequence[str] = field(default=())


def due(aware_at: datetime) -> datetime:
    """72 times 60 minutes after awareness. Who has told the authority by then is in time, however one counts."""
    return aware_at.astimezone(UTC) + _PERIOD


def last(aware_at: datetime) -> datetime:
    """The end of the period by Reg. 1182/71.

    The hour of the event does not count (Art. 3(1)), and the period ends with its last hour (Art. 3(2)(a)). It runs
    over Saturdays, Sundays and holidays (Art. 3(3)), and is not moved off them: Art. 3(4) is for periods that are
    not expressed in hours. That Art. 3(5) gave two working days is not relied on; authorities deny it.
    """
    moment = aware_at.astimezone(UTC)
    begun = moment.replace(minute=0, second=0, microsecond=0)
    return begun + _HOUR + _PERIOD


def suggested(content: Content) -> Risk:
    """What the answers say (WP250 rev.01, IV): the kind of data, whom it is about, how many, and what may follow."""
    if content.get("unintelligible") or (content.get("recovered") and not content.get("harm")):
        return Risk.UNLIKELY
    if content.get("harm") or content.get("sensitive") or (content.get("vulnerable") and content.get("many")):
        return Risk.HIGH
    # A risk is unlikely only if something makes it so; that nothing speaks for harm is not enough.
    return Risk.PRESENT


def risk_of(content: Content) -> Risk | None:
    """What was decided, if it was."""
    name = str(content.get("risk", ""))
    return {f"RISK_{risk.name}": risk for risk in Risk}.get(name)


def moment(content: Content, name: str) -> datetime | None:
    """A time of the content."""
    text: Any = content.get(name)
    return datetime.fromisoformat(text) if text else None


def aware_at(content: Content) -> datetime:
    """When the clock began."""
    return datetime.fromisoformat(content["aware_time"])


def check(content: Content, now: datetime) -> None:
    """Errors: TimeToCome, ReasonMissing."""
    for name in ("aware_time", "authority_time", "subjects_time"):
        told = moment(content, name)
        if told is not None and told > now + _AHEAD:
            raise TimeToCome("This has not happened yet.", violations={name: "lies in the future"})
    decided = risk_of(content)
    if decided is not None and decided < suggested(content) and not content.get("reason"):
        raise ReasonMissing("Say why the risk is lower.", violations={"reason": "is needed"})


def alerts(content: Content, now: datetime) -> list[str]:
    """What is still to be done."""
    decided, told, found = risk_of(content), moment(content, "authority_time"), []
    if decided is None:
        found.append("undecided")
    if told is None and (decided or Risk.PRESENT) > Risk.UNLIKELY:
        found.append("authority-late" if now > last(aware_at(content)) else "authority-open")
    if told is not None and told > last(aware_at(content)) and not content.get("delay_reason"):
        found.append("late-reason-missing")
    if decided is Risk.HIGH and not content.get("subjects_time") and not content.get("exception"):
        found.append("subjects-open")
    return found
