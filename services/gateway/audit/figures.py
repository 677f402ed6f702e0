"""Reads of personal data in numbers: by person, role and purpose; each leads to the accesses that it counts."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, TypeVar

from flask import url_for
from flask_babel import gettext as _
from kontor.options.v1 import options_pb2 as options
from kontor.privacy.v1.audit_pb2 import AccessCount, GetAccessCountsRequest

from services.gateway.clients import clients
from services.gateway.realm import realm
from services.gateway.rights.words import PURPOSES, ROLES

# So many days are shown unless somebody asks for others.
DAYS = 7
# Roles in which somebody can have acted as one of the staff.
ACTING = {key: ROLES[key] for key in ("agent", "sales", "marketer", "dpo", "manager", "admin", "integrator")}
# Purposes as an address of a page names them.
PURPOSE_KEYS = {options.Purpose.Name(each).removeprefix("PURPOSE_").lower(): each for each in PURPOSES}
_KEYS = {purpose: key for key, purpose in PURPOSE_KEYS.items()}


class Period(NamedTuple):
    """The first and the last day, as a page's address says them."""

    from_day: str
    until_day: str


class Row(NamedTuple):
    """How often one person read in one role for one purpose."""

    person: str
    role: str
    purpose: str
    reads: int
    href: str


Key = TypeVar("Key")
Bars = list[tuple[str, int, str]]


@dataclass(frozen=True)
class Reads:
    """What was read in a period, and whose trail is missing."""

    period: Period
    total: int = 0
    rows: list[Row] = field(default_factory=list)
    by_person: Bars = field(default_factory=list)
    by_role: Bars = field(default_factory=list)
    by_purpose: Bars = field(default_factory=list)
    missing: list[str] = field(default_factory=list)

    @property
    def href(self) -> str:
        """All of them."""
        return _href(self.period)


def period(from_day: str, until_day: str) -> Period:
    """As asked; a period without a beginning is that of the last seven days."""
    return Period(from_day or (datetime.now(UTC) - timedelta(days=DAYS)).date().isoformat(), until_day)


def counted(wanted: Period) -> Reads:
    """Asks every service what people read. Errors: InvalidArgument for a day that is none."""
    answer = clients().audit.GetAccessCounts(GetAccessCountsRequest(**wanted._asdict()))
    counts = sorted((each for each in answer.counts if each.reads), key=lambda each: -each.reads)
    known = names(each.actor for each in counts)

    def person(actor: str) -> str:
        return known.get(actor) or nameless(actor)

    return Reads(
        wanted,
        sum(each.reads for each in counts),
        [
            Row(person(each.actor), role_name(each.role), purpose_name(each.purpose), each.reads,
                _href(wanted, each.actor, each.role, each.purpose))
            for each in counts
        ],
        [(person(key), many, _href(wanted, actor=key)) for key, many in _by(counts, lambda e: e.actor)],
        [(role_name(key), many, _href(wanted, role=key)) for key, many in _by(counts, lambda e: e.role)],
        [(purpose_name(key), many, _href(wanted, purpose=key)) for key, many in _by(counts, lambda e: e.purpose)],
        list(answer.missing),
    )  # fmt: skip


def names(actors: Iterable[str]) -> dict[str, str]:
    """What people are called, by login; accounts of services have none."""
    return realm().names(sorted({actor for actor in actors if _is_person(actor)}))


def nameless(actor: str) -> str:
    """What stands for an account that the realm has no name for: its id would tell a reader nothing."""
    return str(_("Account without a name")) if _is_person(actor) else actor


def role_name(role: str) -> str:
    """The word for a role in which somebody acted."""
    return str(ROLES.get(role, role))


def purpose_name(purpose: options.Purpose.ValueType) -> str:
    """The word for a purpose."""
    return str(PURPOSES.get(purpose, "–"))


def _by(counts: list[AccessCount], key: Callable[[AccessCount], Key]) -> list[tuple[Key, int]]:
    found: Counter[Key] = Counter()
    for each in counts:
        found[key(each)] += each.reads
    return found.most_common()


def _href(
    wanted: Period,
    actor: str = "",
    role: str = "",
    purpose: options.Purpose.ValueType = options.PURPOSE_UNSPECIFIED,
) -> str:
    filters = {"actor": actor, "role": role, "purpose": _KEYS.get(purpose), **wanted._asdict()}
    return url_for("audit.index", reads="yes", **{name: value or None for name, value in filters.items()})


def _is_person(actor: str) -> bool:
    try:
        uuid.UUID(actor)
    except ValueError:
        return False
    return True
