"""Rights in numbers: access and erasure requests from door to answer, among few contacts and among many.

    python -m bench.privacy

The whole stack runs as in the demo, with a row of every subject in every table of every service, made from the
declarations. Requests go through the public doors, some at once; what is measured is the way from the request to its
answer. `growth` is the median time of an erasure among 100,000 contacts over that among 1,000. Beside them stand the
permits a second (`bench.permits`) and what the tree of consents costs (`bench.merkle`). The last line is one JSON
object.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
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
REQUESTS = 40
AT_ONCE = 8
AIM_GROWTH = 1.3
# The ledger of consents hangs together by its tree, and is filled through its own door.
_BY_DOOR = frozenset({"consent_record", "consent_ip"})
_POLL_S = 0.05


@dataclass(frozen=True)
class Measured:
    """Requests of one kind: how many a second, and how long each took in seconds."""

    per_s: float
    seconds: Sequence[float]

    @property
    def p95_ms(self) -> float:
        return 1000 * quantiles(self.seconds, n=20)[-1]


def load(running: Running, subjects: Sequence[Filled]) -> None:
    """Fills every service with these subjects, and lets the planner know how many there are."""
    for service in BACK_ENDS:
        with running.connect(service) as connection:
            fill(connection, service, subjects, without=_BY_DOOR)
            connection.execute("ANALYZE")


def measure(officer: Caller, subjects: Sequence[Filled], *, erase: bool) -> Measured:
    """Requests of one kind for these subjects, some at a time."""
    began = perf_counter()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        seconds = list(pool.map(lambda subject: _one(officer, subject, erase=erase), subjects))
    return Measured(len(subjects) / (perf_counter() - began), seconds)


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


def run(running: Running) -> dict[str, Any]:
    """The whole measurement on a running stack."""
    world = World(running, print)
    world.hire()
    few, many = invent(FEW, seed="bench"), invent(MANY - FEW, seed="bench", start=FEW)
    load(running, few)
    # The first one alone: it logs the officer in, and warms what the others would wait for.
    _one(world.dpo, few[0], erase=False)
    before = measure(world.dpo, few[1 : 1 + REQUESTS], erase=True)
    print(f"among {FEW}: {before.per_s:.2f} erasures/s, median {1000 * median(before.seconds):.0f} ms")
    load(running, many)
    access = measure(world.dpo, many[:REQUESTS], erase=False)
    erasure = measure(world.dpo, many[REQUESTS : 2 * REQUESTS], erase=True)
    return {
        "access_per_s": round(access.per_s, 2),
        "access_p95_ms": round(access.p95_ms),
        "erasure_per_s": round(erasure.per_s, 2),
        "erasure_p95_ms": round(erasure.p95_ms),
        "erasure_per_s_among_few": round(before.per_s, 2),
        "growth": round(median(erasure.seconds) / median(before.seconds), 2),
        "aims": {"growth": AIM_GROWTH},
    }


def main() -> int:
    """Runs all measurements one after the other; fails if an aim is missed."""
    with Running(say=print) as running:
        result = run(running)
    decided = permits.run()
    result = {"permits_per_s": decided["permits_per_s"], **result, **merkle.measure()}
    result["aims"] |= decided["aims"]
    print(json.dumps(result))
    met = result["growth"] <= AIM_GROWTH and result["permits_per_s"] >= permits.AIM
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
