"""Runs as values, and when a run finds so much that a person has to look."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime
from enum import IntEnum

from kernel.errors import FailedPrecondition, NotFound

# More of one dataset than this at once is no ordinary day: a clock has jumped, or somebody changed the class.
STOP_PERCENT = 20
# Of a handful of rows any share is an accident of numbers.
_FEW = 20


class Outcome(IntEnum):
    """As on the wire."""

    RUNNING = 1
    DELETED = 2
    STOPPED = 3


class RunNotFound(NotFound):
    """No such run, or nothing of this dataset was overdue in it."""


class NothingStopped(FailedPrecondition):
    """The deletion waits for nobody's word."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a holder says about one dataset."""

    holder: str
    dataset: str
    deletion_class: str
    overdue: int
    exempt: int
    total: int
    # The longest standard period has years: it takes a mistake for much of it to be overdue at once.
    in_years: bool

    @property
    def too_much(self) -> bool:
        """Whether a person has to look first."""
        return self.in_years and self.overdue > _FEW and self.overdue * 100 > self.total * STOP_PERCENT


@dataclass(frozen=True, slots=True)
class Result:
    """What a run did to one dataset."""

    run_id: uuid.UUID
    holder: str
    dataset: str
    deletion_class: str
    outcome: Outcome
    overdue: int
    exempt: int
    total: int
    rows: int = 0
    oldest: datetime | None = None
    newest: datetime | None = None
    seconds: float = 0.0
    approved_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """One day's run."""

    id: uuid.UUID
    day: date
    started_at: datetime
    finished_at: datetime | None = None
    waiting_for: tuple[str, ...] = ()
    results: tuple[Result, ...] = ()
