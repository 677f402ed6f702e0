"""When an assessment is needed, how great its risks are, and what is still to be done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import IntEnum
from typing import Any

from kernel.errors import FailedPrecondition, InvalidArgument, NotFound
from services.privacy.registers.model import Content, Version, day

ASSESSMENTS = "assessments"
# Two criteria mean an assessment in most cases (WP 248 rev.01, III.B).
_CRITERIA = 2
_LOW, _HIGH = 3, 9
# What is decided about an assessment is none of what the opinion is about.
_BESIDE = frozenset({"decision", "decision_reason", "consulted_on", "review_on", "opinion"})
_BEFORE, _AFTER = ("severity", "likelihood"), ("severity_after", "likelihood_after")
PROCEED = "VERDICT_PROCEED"


class AssessmentNotFound(NotFound):
    """The register has no such assessment."""


class OwnAssessment(FailedPrecondition):
    """Nobody advises on what they have written: four eyes."""


class WaiverUnexplained(InvalidArgument):
    """To leave out what the check asks for needs a reason (WP 248 rev.01, III.B)."""


class OpinionNeeded(InvalidArgument):
    """The controller seeks the officer's advice before it decides (Art. 35(2) GDPR)."""


class RiskGrows(InvalidArgument):
    """Measures that make a risk greater are none."""


class Level(IntEnum):
    """How great a risk is; numbers are the contract's."""

    NONE = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3


@dataclass(frozen=True, slots=True)
class Assessment:
    """A version of an assessment with what follows from it."""

    version: Version
    alerts: Sequence[str] = ()
    changed_fields: Sequence[str] = ()


def level(severity: int, likelihood: int) -> Level:
    """Low up to 3, high from 9, of 16."""
    product = severity * likelihood
    return Level.HIGH if product >= _HIGH else Level.LOW if product <= _LOW else Level.MEDIUM


def greatest(content: Content, *, after: bool) -> Level:
    """The greatest risk, before or after the measures; NONE if no risk is entered."""
    names = _AFTER if after else _BEFORE
    return max((level(*(risk[name] for name in names)) for risk in risks(content)), default=Level.NONE)


def risks(content: Content) -> Sequence[dict[str, Any]]:
    """The risks that were entered."""
    found: Sequence[dict[str, Any]] = content.get("risks", [])
    return found


def cells(content: Content, *, after: bool) -> dict[tuple[int, int], list[int]]:
    """Which risks, counted from 1, stand at which severity and likelihood."""
    severity, likelihood = _AFTER if after else _BEFORE
    found: dict[tuple[int, int], list[int]] = {}
    for number, risk in enumerate(risks(content), start=1):
        found.setdefault((risk[severity], risk[likelihood]), []).append(number)
    return found


def suggested(content: Content) -> bool:
    """Whether the check of the threshold asks for an assessment."""
    return bool(content.get("listed")) or len(set(content.get("criteria", []))) >= _CRITERIA


def required(content: Content) -> bool:
    """Whether one is needed, after what was decided about the check."""
    return suggested(content) and not content.get("waived")


def check(content: Content) -> None:
    """Errors: WaiverUnexplained, RiskGrows, OpinionNeeded."""
    if content.get("waived") and not content.get("waiver_reason"):
        raise WaiverUnexplained("Say why none is needed.", violations={"waiver_reason": "is needed"})
    if any(risk[a] > risk[b] for risk in risks(content) for a, b in zip(_AFTER, _BEFORE, strict=True)):
        raise RiskGrows("A risk is greater after its measures.", violations={"risks": "grow"})
    if content.get("decision") == PROCEED and required(content) and not advised(content):
        raise OpinionNeeded("The officer's opinion comes first.", violations={"decision": "needs an opinion"})


def advised(content: Content) -> bool:
    """Whether the officer has given an opinion on what the assessment says now."""
    opinion = content.get("opinion", {})
    return bool(opinion) and not opinion.get("outdated")


def followed(content: Content, before: Content | None) -> dict[str, Any]:
    """A new content with the opinion on the one before, marked if it is about something else by now."""
    found = {name: value for name, value in content.items() if name != "opinion"}
    if before and "opinion" in before:
        same = _assessed(found) == _assessed(before)
        opinion = dict(before["opinion"])
        found["opinion"] = opinion if same else {**opinion, "outdated": True}
    return found


def _assessed(content: Content) -> dict[str, Any]:
    return {name: value for name, value in content.items() if name not in _BESIDE}


def written_by(versions: Sequence[Version]) -> set[str]:
    """Who has written what is assessed. A version with an opinion on the one before it is the officer's advice."""
    return {
        version.changed_by
        for version in versions
        if version.content.get("opinion", {}).get("about_version") != version.version - 1
    }


def alerts(content: Content, today: date) -> list[str]:
    """What is still to be done."""
    found, review = [], day(content.get("review_on", ""))
    if required(content):
        if not risks(content):
            found.append("risks-missing")
        if not advised(content):
            found.append("opinion-outdated" if content.get("opinion") else "opinion-open")
        if not content.get("decision"):
            found.append("undecided")
        if greatest(content, after=True) is Level.HIGH and not content.get("consulted_on"):
            found.append("consultation-open")
    if review is not None and review <= today:
        found.append("review-due")
    return found
