"""How much a client of the realm may ask, and for which purposes: read from the claims of its tokens."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from kontor.options.v1 import options_pb2

# Claims that a hard-coded mapper on the client puts into its tokens.
PURPOSES, RATE, DAILY = "kontor_purposes", "kontor_rate", "kontor_daily"
INTEGRATOR = "integrator"

_NAMES = {
    number: value.name.removeprefix("PURPOSE_").lower()
    for number, value in options_pb2.Purpose.DESCRIPTOR.values_by_number.items()
}
_KNOWN = frozenset(_NAMES.values()) - {"unspecified"}
_RATE = re.compile(r"(\d{1,6}(?:\.\d{1,3})?)/(\d{1,6})", re.ASCII)
_COUNT = re.compile(r"\d{1,12}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Allowance:
    """What one client may do: purposes by name (`legal_duty`), calls per second with a burst, calls per day."""

    purposes: frozenset[str]
    per_second: float
    burst: int
    daily: int

    def permits(self, purpose: int) -> bool:
        """Whether the client may have data processed for this purpose of the contract."""
        return _NAMES[purpose] in self.purposes


# What an integrator may do whose client in the realm says nothing about it.
DEFAULT = Allowance(frozenset({"service"}), per_second=10, burst=20, daily=50_000)


def allowance_of(claims: Mapping[str, Any], roles: Collection[str]) -> Allowance | None:
    """The allowance in a token's claims, what is missing filled from DEFAULT; None: people and services have no limit.

    Errors: ValueError if a claim cannot be read. To guess would be to give away what somebody meant to limit.
    """
    if INTEGRATOR not in roles and not claims.keys() & {PURPOSES, RATE, DAILY}:
        return None
    per_second, burst = _rate(claims[RATE]) if RATE in claims else (DEFAULT.per_second, DEFAULT.burst)
    return Allowance(
        purposes=_purposes(claims[PURPOSES]) if PURPOSES in claims else DEFAULT.purposes,
        per_second=per_second,
        burst=burst,
        daily=_daily(claims[DAILY]) if DAILY in claims else DEFAULT.daily,
    )


def _purposes(claim: Any) -> frozenset[str]:
    """`"service marketing"`, as in an OAuth scope."""
    named = frozenset(str(claim).split())
    if not named <= _KNOWN:
        raise ValueError(f"{PURPOSES} names an unknown purpose")
    return named


def _rate(claim: Any) -> tuple[float, int]:
    """`"20/40"`: twenty a second, forty at once."""
    match = _RATE.fullmatch(str(claim))
    if match is None or not float(match[1]) or not int(match[2]):
        raise ValueError(f"{RATE} is not <calls per second>/<burst>")
    return float(match[1]), int(match[2])


def _daily(claim: Any) -> int:
    if not _COUNT.fullmatch(str(claim)):
        raise ValueError(f"{DAILY} is not a number of calls")
    return int(claim)
