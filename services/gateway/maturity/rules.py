"""The rules of the picture: a figure each, its threshold, and the stage that it decides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

PROTECTION, CUSTOMER = "protection", "customer"
# What a failing rule costs: nothing above the lowest stage, or nothing above the middle one.
MIDDLE, HIGHEST = 1, 2


class Figure(NamedTuple):
    """What was counted; a share has a whole, and of an empty whole there is no share."""

    part: int
    whole: int | None = None

    @property
    def value(self) -> int | None:
        """The number itself, or per cent rounded down: 94.9 is not 95."""
        if self.whole is None:
            return self.part
        return 100 * self.part // self.whole if self.whole else None


@dataclass(frozen=True, slots=True)
class Rule:
    """One fact that decides where the dot is; without a figure, who counts it does not answer."""

    key: str
    axis: str
    stage: int
    label: str
    figure: Figure | None
    threshold: int
    href: str
    # Whether the threshold is the least or the most that is well.
    at_least: bool = False

    @property
    def holds(self) -> bool | None:
        """None if nobody can say: no answer, or nothing to count yet."""
        value = self.figure.value if self.figure else None
        if value is None:
            return None
        return value >= self.threshold if self.at_least else value <= self.threshold

    @property
    def share(self) -> bool:
        """Whether figure and threshold are per cent."""
        return self.figure is not None and self.figure.whole is not None


def stage_of(rules: Sequence[Rule]) -> int | None:
    """0, 1 or 2 on one axis; None if it cannot be said. A stage is reached only if it is proven.

    A rule that fails counts at once, and one without an answer leaves its stage unproven. Shares are what shows that
    something goes well: where nothing has happened yet, nothing went wrong either, and that proves nothing.
    """
    for stage in (MIDDLE, HIGHEST):
        own = [rule for rule in rules if rule.stage == stage]
        if any(rule.holds is False for rule in own):
            return stage - 1
        evidence = [rule for rule in own if rule.share] or own
        if any(rule.figure is None for rule in own) or not any(rule.holds for rule in evidence):
            return None if stage == MIDDLE else MIDDLE
    return HIGHEST
