"""Rights in numbers: access and erasure requests from door to answer, among few contacts and among many.

    python -m bench.privacy

Two whole stacks run as in the demo, one with few contacts and one with many, and a row of every subject in every table
of every service, made from the declarations. Requests go through the public doors, some at once, now at the one stack
and now at the other; what is measured is the way from the request to its answer. `growth` is how much longer an
erasure takes among 100,000 contacts than among 1,000: the median over the rounds. Beside them stand the
permits a second (`bench.permits`) and what the tree of consents costs (`bench.merkle`). The last line is one JSON
object.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from statistics import median, quantiles
from time import perf_counter, sleep
from typing import Any

from kontor.privacy.v1.holder_pb2 import REQUEST_KIND_ACCESS, REQUEST_KIND_ERASURE
from kontor.privacy.v1.privacy_pb2 import (
    REQUEST_STATE_COMPLETED,
    REQUEST_STATE_PLANNED,
    ConfirmRequestRequest,
    CreateRequestRequest,
    GetRequestRequest,
)

from bench import merkle, permits
from tests.e2e.calls import Caller, new_id, patiently
from tests.e2e.filling import Filled, fill, invent
from tests.e2e.running import BACK_ENDS, Running
from tests.e2e.world import World

FEW, MANY = 1_000, 100_000
ROUNDS = 7
# So many requests in a round, and so many of them at once.
A_ROUND, AT_ONCE = 16, 8
AIM_GROWTH = 1.3
# The ledger of consents hangs together by its tree, and is filled through its own door.
_BY_DOOR = frozenset({"consent_record", "consent_ip"})
# Whoever waits asks again that often; oftener, and the asking would be half of what is measured.
_POLL_S = 0.2


@dataclass
class Measured:
    """Requests of one kind: how long each took, and how long all of them together, in seconds."""

    seconds: list[float] = field(default_factory=list)
    together: float = 0.0

    @property
    def per_s(self) -> float:
        return round(len(self.seconds) / self.together, 2)

    @property
    def p95_ms(self) -> int:
        return round(1000 * quantiles(self.seconds, n=20)[-1])

    def add(self, seconds: Sequence[float], together: float) -> float:
        """Takes a round; answers its median in seconds."""
        self.seconds += seconds
        self.together += together
        return median(seconds)


class Place:
    """One stack with so many contacts, and those whose turn has not come."""

    def __init__(self, running: Running, contacts: int) -> None:
        subjects = invent(contacts, seed="bench")
        self.running = running
        self.officer = _officer_of(running)
        load(running, subjects)
        self._left = iter(subjects)
        self.erasures, self.accesses = Measured(), Measured()
        # The first one alone: it logs the officer in, and warms what the others would wait for.
        _one(self.officer, next(self._left), erase=False)

    def erase(self) -> float:
        """A round of erasures, some at once; answers the median in seconds."""
        return self.erasures.add(*self._round(erase=True))

    def answer(self) -> float:
        """A round of requests for access."""
        return self.accesses.add(*self._round(erase=False))

    def _round(self, *, erase: bool) -> tuple[list[float], float]:
        subjects = list(islice(self._left, A_ROUND))
        began = perf_counter()
        with ThreadPoolExecutor(AT_ONCE) as pool:
            seconds = list(pool.map(lambda subject: _one(self.officer, subject, erase=erase), subjects))
        return seconds, perf_counter() - began


def _officer_of(running: Running) -> Caller:
    world = World(running, print)
    world.hire()
    return world.dpo


def load(running: Running, subjects: Sequence[Filled]) -> None:
    """Fills every service with these subjects, and lets the planner know how many there are."""
    for service in BACK_ENDS:
        with running.connect(service) as connection:
            fill(connection, service, subjects, without=_BY_DOOR)
            connection.execute("ANALYZE")


def _one(officer: Caller, subject: Filled, *, erase: bool) -> float:
    began = perf_counter()
    asked = CreateRequestRequest(
        request_id=new_id(),
        contact_id=str(subject.id),
        kind=REQUEST_KIND_ERASURE if erase else REQUEST_KIND_ACCESS,
        language="de",
        channel="letter",
        vouched_by="known-address",
    )
    request = patiently(lambda: officer.requests.CreateRequest(asked))
    if erase:
        _until(officer, request.id, REQUEST_STATE_PLANNED)
        word = ConfirmRequestRequest(request_id=new_id(), id=request.id)
        patiently(lambda: officer.requests.ConfirmRequest(word))
    _until(officer, request.id, REQUEST_STATE_COMPLETED)
    return perf_counter() - began


def _until(officer: Caller, request_id: str, state: int) -> None:
    asked = GetRequestRequest(id=request_id)
    while patiently(lambda: officer.requests.GetRequest(asked)).state < state:
        sleep(_POLL_S)


def run(small: Running, large: Running) -> dict[str, Any]:
    """The whole measurement on two running stacks, in turns, so that whatever else the machine does meets both."""
    few, many = Place(small, FEW), Place(large, MANY)
    growth = []
    for turn in range(ROUNDS):
        first, second = (few, many) if turn % 2 else (many, few)
        took = {first: first.erase(), second: second.erase()}
        growth.append(took[many] / took[few])
        many.answer()
        print(f"round {turn + 1}: {took[few]:.2f} s among {FEW}, {took[many]:.2f} s among {MANY}")
    return {
        "access_per_s": many.accesses.per_s,
        "access_p95_ms": many.accesses.p95_ms,
        "erasure_per_s": many.erasures.per_s,
        "erasure_p95_ms": many.erasures.p95_ms,
        "erasure_per_s_among_few": few.erasures.per_s,
        "growth": round(median(growth), 2),
        "growth_by_round": [round(each, 2) for each in growth],
        "aims": {"growth": AIM_GROWTH},
    }


def main() -> int:
    """Runs all measurements one after the other; fails if an aim is missed."""
    with Running(say=print) as small, Running(say=print) as large:
        result = run(small, large)
    decided = permits.run()
    result = {"permits_per_s": decided["permits_per_s"], **result, **merkle.measure()}
    result["aims"] |= decided["aims"]
    print(json.dumps(result))
    met = result["growth"] <= AIM_GROWTH and result["permits_per_s"] >= permits.AIM
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
