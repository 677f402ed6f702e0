"""The process as it is deployed: starts, becomes ready, serves, publishes, stops when told."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import nats
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from kontor.tickets.v1 import events_pb2, tickets_pb2_grpc

from devstack.ports import LOOPBACK, free_port
from kernel.channel import service_channel
from tests.fixtures.postgres import PostgresUrl
from tests.fixtures.realm import Realm
from tests.fixtures.serving import FixedToken
from tests.tickets.conftest import SEED, KnownContacts, opening

ROOT = Path(__file__).resolve().parents[2]
CONTACT = "0198a000-0000-7000-8000-000000000001"


@pytest.fixture
async def process(
    postgres_url: PostgresUrl,
    nats_url: str,
    realm: Realm,
    contacts_target: tuple[str, KnownContacts],
) -> AsyncIterator[tuple[subprocess.Popen[bytes], str]]:
    target = f"{LOOPBACK}:{free_port()}"
    environment = os.environ | {
        "KONTOR_LISTEN": target,
        "KONTOR_DATABASE_URL": postgres_url("tickets"),
        "KONTOR_NATS_URL": nats_url,
        "KONTOR_OIDC_ISSUER": realm.issuer,
        "KONTOR_AUDIENCE": "kontor-tickets",
        "KONTOR_CLIENT_ID": "kontor-tickets",
        "KONTOR_CLIENT_SECRET": "secret",
        "KONTOR_SECRET_KEY": "x" * 32,
        "KONTOR_SIGNING_KEY": SEED,
        "KONTOR_CONTACTS_TARGET": contacts_target[0],
    }
    contacts_target[1].ids.add(CONTACT)
    child = subprocess.Popen([sys.executable, "-m", "services.tickets"], cwd=ROOT, env=environment)  # noqa: ASYNC220 - returns at once
    yield child, target
    if child.poll() is None:
        child.kill()
    child.wait()


async def is_ready(target: str) -> bool:
    async with grpc.aio.insecure_channel(target) as channel:
        try:
            stub: Any = health_pb2_grpc.HealthStub(channel)
            answer = await stub.Check(health_pb2.HealthCheckRequest(), timeout=1)
        except grpc.RpcError:
            return False
        return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)


async def test_it_serves_publishes_and_stops_cleanly(
    process: tuple[subprocess.Popen[bytes], str], realm: Realm, nats_url: str
) -> None:
    child, target = process
    async with asyncio.timeout(20):
        while not await is_ready(target):
            assert child.poll() is None
            await asyncio.sleep(0.05)

    channel = service_channel(target, FixedToken(realm.token("agent")))
    ticket = await tickets_pb2_grpc.TicketsStub(channel).CreateTicket(opening(CONTACT))
    assert ticket.number == 10001
    await channel.close()

    client = await nats.connect(nats_url)
    subscription = await client.jetstream().pull_subscribe("tickets.>", durable="probe")
    (message,) = await subscription.fetch(1, timeout=10)
    assert events_pb2.TicketOpened.FromString(message.data).ticket_id == ticket.id
    await client.close()

    child.send_signal(signal.SIGTERM)
    assert await asyncio.to_thread(child.wait, 15) == 0
