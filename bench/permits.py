"""Permits a second, end to end: Authorize over gRPC against a privacy process that knows 100,000 consents.

    python -m bench.permits

The service runs as in the embedded stack, with real tokens, rules, idempotency, validation and audit; every decision
is kept. One caller asks batch after batch, as a campaign does: nine in ten of the candidates have consented, the
others have withdrawn, were never asked, or have no address. Medians of seven rounds for batches of each size.
The last line is one JSON object; its figure is that of full batches.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import tempfile
import urllib.parse
import urllib.request
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import asyncpg
import grpc
from kontor.privacy.v1 import privacy_pb2, privacy_pb2_grpc

from devstack.stack import Stack
from kernel.channel import MAX_MESSAGE_BYTES
from kernel.ids import new_id

ROUNDS = 7
CONSENTS = 100_000
WITHDRAWN = 5_000
BATCHES = (1_000, 5_000)
PER_ROUND = 20_000
AIM = 20_000
TOPIC = "newsletter"
# Far behind whatever the stack has put into the ledger by itself.
FIRST_LEAF = 1_000_000
_GIVEN, _WITHDRAWN = 2, 4
_RECORD = (
    "id", "leaf_index", "leaf_hash", "contact_id", "topic", "channel", "state", "recorded_at",
    "form_url", "language", "mail_sha256", "token_sha256", "method",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody to ask for, and what the answer must be."""

    contact_id: str
    address: str
    reason: str


def token(env: dict[str, str]) -> str:
    """A sender's access token from the realm."""
    form = {
        "grant_type": "client_credentials",
        "client_id": "kontor-campaigns",
        "client_secret": env["KONTOR_CAMPAIGNS_SECRET"],
        "scope": "to-kontor-privacy",
    }
    url = f"{env['KONTOR_OIDC_ISSUER']}/protocol/openid-connect/token"
    with urllib.request.urlopen(url, data=urllib.parse.urlencode(form).encode(), timeout=5) as response:
        return str(json.load(response)["access_token"])


async def fill(dsn: str) -> list[Person]:
    """A ledger of `CONSENTS` people, some of whom withdrew; answers them and some that nobody ever asked."""
    contacts = [new_id() for _ in range(CONSENTS)]
    entries = [(contact, _GIVEN) for contact in contacts] + [(c, _WITHDRAWN) for c in contacts[:WITHDRAWN]]
    now = datetime.now(UTC)
    records = [
        (new_id(), leaf, b"", contact, TOPIC, 1, state, now, "", "de", b"", b"", "bench")
        for leaf, (contact, state) in enumerate(entries, FIRST_LEAF)
    ]
    database = await asyncpg.connect(dsn)
    await database.copy_records_to_table("consent_record", columns=_RECORD, records=records)
    salts = [(record[0], b"bench") for record in records]
    await database.copy_records_to_table("consent_salt", columns=("record_id", "salt"), records=salts)
    await database.execute("ANALYZE consent_record, consent_salt")
    await database.close()
    people = [
        Person(
            str(contact), f"person{number}@bench.example", "withdrawn" if number < WITHDRAWN else "consent"
        )
        for number, contact in enumerate(contacts)
    ]
    unasked = [
        Person(str(new_id()), f"stranger{n}@bench.example", "no-consent") for n in range(WITHDRAWN // 2)
    ]
    unreachable = [Person(str(new_id()), "", "no-address") for _ in range(WITHDRAWN // 2)]
    return people + unasked + unreachable


async def decisions_per_second(permits: Any, bearer: str, people: Sequence[Person], *, size: int) -> float:
    """Decisions answered per second for these people in batches of `size`, one batch at a time."""
    batches = [people[start : start + size] for start in range(0, len(people), size)]
    requests = [
        privacy_pb2.AuthorizeRequest(
            channel=privacy_pb2.CHANNEL_EMAIL,
            topic=TOPIC,
            request_id=str(uuid.uuid4()),
            candidates=[privacy_pb2.Candidate(contact_id=p.contact_id, address=p.address) for p in batch],
        )
        for batch in batches
    ]
    metadata = (("authorization", f"Bearer {bearer}"),)
    began = perf_counter()
    answers: list[privacy_pb2.AuthorizeResponse] = []
    for request in requests:
        answers.append(await permits.Authorize(request, metadata=metadata, timeout=60))
    spent = perf_counter() - began
    said = [decision.reason for answer in answers for decision in answer.decisions]
    if said != [person.reason for person in people]:
        raise RuntimeError("the permits measured were not those that had to be given")
    return len(people) / spent


async def measure(folder: Path) -> dict[str, Any]:
    """The whole measurement, on a stack of its own in `folder`."""
    async with Stack(folder, ports="free") as stack:
        dsn = stack.env("privacy")["KONTOR_DATABASE_URL"].replace("+asyncpg", "")
        people = await fill(dsn)
        options = (("grpc.max_receive_message_length", 4 * MAX_MESSAGE_BYTES),)
        async with grpc.aio.insecure_channel(stack.addresses["privacy"], options=options) as channel:
            permits, bearer = privacy_pb2_grpc.PermitsStub(channel), token(stack.env("client"))
            asked = 0

            async def round_of(size: int) -> float:
                nonlocal asked
                asked += PER_ROUND
                chosen = random.sample(people, PER_ROUND)
                return await decisions_per_second(permits, bearer, chosen, size=size)

            for size in BATCHES:
                await round_of(size)
            rounds = [{size: await round_of(size) for size in BATCHES} for _ in range(ROUNDS)]
        kept = await count_kept(dsn)
    if kept != asked:
        raise RuntimeError(f"{asked} decisions were made and {kept} kept")
    figures = {size: [a_round[size] for a_round in rounds] for size in BATCHES}
    return {
        "permits_per_s": round(median(figures[max(BATCHES)])),
        "by_batch": {str(size): round(median(figures[size])) for size in BATCHES},
        "rounds": {str(size): [round(each) for each in figures[size]] for size in BATCHES},
        "consents": CONSENTS,
        "kept": kept,
        "aims": {"permits_per_s": AIM},
    }


async def count_kept(dsn: str) -> int:
    """How many decisions the ledger of decisions holds."""
    database = await asyncpg.connect(dsn)
    kept = await database.fetchval("SELECT count(*) FROM permit_decision")
    await database.close()
    return int(kept)


def run() -> dict[str, Any]:
    """The whole measurement in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="kontor-bench-") as folder:
        # PostgreSQL's own user must be able to pass through.
        Path(folder).chmod(0o711)
        return asyncio.run(measure(Path(folder)))


def main() -> int:
    """Runs the measurement; fails if the aim is missed."""
    result = run()
    for size, figures in result["rounds"].items():
        print(f"batches of {size}: " + ", ".join(f"{each:,}" for each in figures) + " decisions/s")
    print(json.dumps(result))
    return 0 if result["permits_per_s"] >= AIM else 1


if __name__ == "__main__":
    sys.exit(main())
