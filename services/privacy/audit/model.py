"""Accesses as values: what is gathered for the subject, what counts as unusual, what came of it."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import IntEnum
from statistics import median
from zoneinfo import ZoneInfo

from kernel.errors import FailedPrecondition, InvalidArgument, NotFound
from kernel.identity import STAFF_ROLES

# Whoever reads fewer subjects than this in a day is never told of: small numbers are unusual by chance.
VOLUME_FLOOR = 200
# So many times what is usual is too much.
VOLUME_FACTOR = 5
# A person's own days that say what is usual.
HISTORY_DAYS = 28
# Looking at somebody in so many different minutes, on more than one day, is no mistake of a search any more.
NO_CASE_LOOKS = 5
NO_CASE_DAYS = 2
# What the system did by itself.
SERVICE = "service"
# Widest first: somebody with several roles acted in the one that explains most.
_ROLES = ("agent", "sales", "marketer", "dpo", "manager", "admin", "integrator")


class Rule(IntEnum):
    """As on the wire."""

    VOLUME = 1
    WATCHED = 2
    NO_CASE = 3


class Judgement(IntEnum):
    """As on the wire; 0 is none yet."""

    NONE = 0
    JUSTIFIED = 1
    UNJUSTIFIED = 2


class AlertNotFound(NotFound):
    """No such alert."""


class OwnAccess(FailedPrecondition):
    """Nobody judges what they did themselves."""


class AlreadyJudged(FailedPrecondition):
    """Somebody has judged it; what was said then stays."""


class DayUnreadable(InvalidArgument):
    """Days are written 2026-11-25."""


@dataclass(frozen=True, slots=True)
class Alert:
    """An access that looks unusual, and what came of it."""

    id: uuid.UUID
    rule: Rule
    actor: str
    contact_id: uuid.UUID | None
    day: date
    count: int
    usual: int
    created_at: datetime
    judgement: Judgement = Judgement.NONE
    judged_by: str = ""
    judged_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Activity:
    """How many different subjects somebody read on one day, in one service."""

    actor: str
    day: date
    subjects: int


@dataclass(frozen=True, slots=True)
class Look:
    """How often somebody looked at one subject, in one service."""

    actor: str
    contact_id: uuid.UUID
    looks: int
    days: int
    worked_on: bool
    last: date


def day_bounds(day: str, zone: ZoneInfo) -> tuple[datetime, datetime] | None:
    """When a day begins and ends there; None for no day. Errors: DayUnreadable."""
    if not day:
        return None
    try:
        begins = date.fromisoformat(day)
        ends = begins + timedelta(days=1)
    except (ValueError, OverflowError) as error:
        raise DayUnreadable(
            "This is no day.", violations={"from_day": "is not a date like 2026-11-25"}
        ) from error
    return datetime(begins.year, begins.month, begins.day, tzinfo=zone), datetime(
        ends.year, ends.month, ends.day, tzinfo=zone
    )


def role_of(roles: Iterable[str]) -> str:
    """In which role somebody is shown to a subject; empty for a customer, who is the subject itself."""
    held = set(roles)
    if not held & STAFF_ROLES:
        return SERVICE if SERVICE in held else ""
    return next(role for role in _ROLES if role in held)


def roles_before(role: str) -> tuple[str, ...]:
    """The roles that explain more: who holds one of them as well is shown in that one."""
    return _ROLES[: _ROLES.index(role)] if role in _ROLES else ()


def most_per_service(activities: Iterable[Activity]) -> dict[tuple[str, date], int]:
    """Subjects per person and day: the most that one service saw, for a page asks several about the same people."""
    found: dict[tuple[str, date], int] = {}
    for each in activities:
        key = (each.actor, each.day)
        found[key] = max(found.get(key, 0), each.subjects)
    return found


def unusual_volumes(counted: dict[tuple[str, date], int], *, since: date) -> list[tuple[str, date, int, int]]:
    """(actor, day, subjects, usual) of days from `since` on that lie far above the person's own and all others'.

    Usual is the larger one of two medians: the person's own earlier days, and what everybody reads in a day. So
    neither a newcomer's first day at the desk nor a department that always reads much stands out.
    """
    found = []
    for (actor, day), count in sorted(counted.items(), key=lambda item: (item[0][1], item[0][0])):
        if day < since or count <= VOLUME_FLOOR:
            continue
        earlier = [n for (who, on), n in counted.items() if who == actor and on < day]
        # Without the day in question: one who reads everything must not make that the measure of a small company.
        others = [n for key, n in counted.items() if key != (actor, day)]
        usual = int(max(median(earlier or [0]), median(others or [0])))
        if count > VOLUME_FACTOR * usual:
            found.append((actor, day, count, usual))
    return found


def joined_looks(looks: Iterable[Look]) -> list[Look]:
    """One for each person and subject over all services: the most of each count; worked on if anywhere."""
    found: dict[tuple[str, uuid.UUID], Look] = {}
    for each in looks:
        key = (each.actor, each.contact_id)
        known = found.get(key, each)
        found[key] = Look(
            each.actor,
            each.contact_id,
            max(known.looks, each.looks),
            max(known.days, each.days),
            known.worked_on or each.worked_on,
            max(known.last, each.last),
        )
    return list(found.values())


def without_case(looks: Sequence[Look]) -> list[Look]:
    """Who came back to somebody without ever doing anything for them."""
    return [
        each
        for each in looks
        if not each.worked_on and each.looks >= NO_CASE_LOOKS and each.days >= NO_CASE_DAYS
    ]
