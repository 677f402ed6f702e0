"""What a step says when the product does something else than promised."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from typing import TypeVar

Value = TypeVar("Value")


class Broken(AssertionError):
    """The product broke a promise; the text says which."""


def same(actual: object, expected: object, what: str) -> None:
    """Both are equal, or the step is broken."""
    if actual != expected:
        raise Broken(f"{what}: expected {expected!r}, got {actual!r}")


def same_sets(actual: Collection[str], expected: Collection[str], what: str) -> None:
    """The same members, none twice; the text shows a few of the difference."""
    missing, extra = set(expected) - set(actual), set(actual) - set(expected)
    if missing or extra or len(actual) != len(set(actual)):
        doubled = len(actual) - len(set(actual))
        raise Broken(
            f"{what}: {len(missing)} missing {sorted(missing)[:3]}, {len(extra)} too many {sorted(extra)[:3]}, "
            f"{doubled} doubled"
        )


def holds(condition: object, what: str) -> None:
    """The condition is true, or the step is broken."""
    if not condition:
        raise Broken(what)


def wait_for(ask: Callable[[], Value | None], what: str, *, seconds: float = 30, every: float = 0.1) -> Value:
    """Ask until there is an answer other than None or False."""
    deadline = time.monotonic() + seconds
    while True:
        answer = ask()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise Broken(f"{what}: not within {seconds:.0f} s")
        time.sleep(every)
