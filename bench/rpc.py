"""GetContact through the whole chain against a bare grpc.aio server that does the same SELECT.

    python -m bench.rpc

The service runs as in the embedded stack, with real tokens, rules, idempotency, validation, audit and trace.
Both servers are asked by the same client over one channel, in turns; medians of five. What the stages cost is
measured apart, in this process, and printed as microseconds a call. The last line is one JSON object.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
import urllib.parse
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import grpc
from kontor.contacts.v1 import contacts_pb2, contacts_pb2_grpc

from bench.stages import stage_costs
from devstack.ports import LOOPBACK, free_port
from devstack.stack import Stack

ROUNDS = 5
SECONDS = 4.0
CONTACTS = 500
AT_ONCE = 32
AIM_RATIO = 0.5


def token(env: dict[str, str]) -> str:
    """A service's access token from the realm."""
    form = {
        "grant_type": "client_credentials",
        "client_id": "kontor-campaigns",
        "client_secret": env["KONTOR_CAMPAIGNS_SECRET"],
        "scope": "to-kontor-contacts",
    }
    url = f"{env['KONTOR_OIDC_ISSUER']}/protocol/openid-connect/token"
    with urllib.request.urlopen(url, data=urllib.parse.urlencode(form).encode(), timeout=5) as response:
        return str(json.load(response)["access_token"])


async def fill(target: str, bearer: str) -> list[str]:
    """Contacts to ask for; answers their ids."""
    async with grpc.aio.insecure_channel(target) as channel:
        contacts = contacts_pb2_grpc.ContactsStub(channel)
        answers = [
            await contacts.EnsureContact(
                contacts_pb2.EnsureContactRequest(
                    request_id=str(uuid.uuid4()),
                    email=f"person{number}@bench.example",
                    given_name="Jörg",
                    family_name=f"Großmann {number}",
                    source="bench",
                ),
                metadata=(("authorization", f"Bearer {bearer}"),),
            )
            for number in range(CONTACTS)
        ]
    return [answer.contact_id for answer in answers]


async def calls_per_second(target: str, bearer: str, ids: list[str]) -> float:
    """GetContact calls answered per second by `target`, `AT_ONCE` in flight on one channel."""
    metadata = (("authorization", f"Bearer {bearer}"),)
    async with grpc.aio.insecure_channel(target) as channel:
        contacts = contacts_pb2_grpc.ContactsStub(channel)
        requests = [contacts_pb2.GetContactRequest(contact_id=i) for i in ids]
        started = perf_counter()
        count = 0

        async def ask(offset: int) -> None:
            nonlocal count
            while perf_counter() - started < SECONDS:
                request = requests[(count + offset) % len(requests)]
                await contacts.GetContact(request, metadata=metadata, timeout=10)
                count += 1

        await asyncio.gather(*(ask(offset) for offset in range(AT_ONCE)))
        return count / (perf_counter() - started)


@contextmanager
def bare_server(dsn: str) -> Iterator[str]:
    """The bare server as a process of its own."""
    listen = f"{LOOPBACK}:{free_port()}"
    process = subprocess.Popen([sys.executable, "-m", "bench.bare", dsn, listen])
    try:
        yield listen
    finally:
        process.terminate()
        process.wait(10)


async def measure(folder: Path) -> dict[str, Any]:
    """The whole measurement, on a stack of its own in `folder`."""
    async with Stack(folder, ports="free") as stack:
        bearer = token(stack.env("client"))
        target = stack.addresses["contacts"]
        ids = await fill(target, bearer)
        dsn = stack.env("contacts")["KONTOR_DATABASE_URL"].replace("+asyncpg", "")
        with bare_server(dsn) as bare:
            await asyncio.sleep(2)
            for warm in (bare, target):
                await calls_per_second(warm, bearer, ids)
            rounds = [
                (await calls_per_second(target, bearer, ids), await calls_per_second(bare, bearer, ids))
                for _ in range(ROUNDS)
            ]
        costs = await stage_costs(stack.env("contacts"), bearer, ids)
    ratio = median(ours / other for ours, other in rounds)
    return {
        "ratio": round(ratio, 3),
        "calls_per_s": round(median(ours for ours, _ in rounds)),
        "bare_calls_per_s": round(median(other for _, other in rounds)),
        "us_per_call": costs,
        "aims": {"ratio": AIM_RATIO},
    }


def main() -> int:
    """Runs the measurement; fails if the aim is missed."""
    with tempfile.TemporaryDirectory(prefix="kontor-bench-") as folder:
        # PostgreSQL's own user must be able to pass through.
        Path(folder).chmod(0o711)
        result = asyncio.run(measure(Path(folder)))
    for name, cost in result["us_per_call"].items():
        print(f"{name:>16} {cost:8.1f} µs")
    print(json.dumps(result))
    return 0 if result["ratio"] >= AIM_RATIO else 1


if __name__ == "__main__":
    sys.exit(main())
