"""The process as it is deployed: starts, becomes ready, serves, publishes, stops when told."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
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


Process = subprocess.Popen[bytes]
Start = Callable[..., tuple[Process, str]]


@pytest.fixture
def start(realm: Realm) -> Iterator[Start]:
    """`start(KONTOR_…=…)` → the process and its address. What is not given points to where nobody listens."""
    children: list[Process] = []

    def start_it(**settings: str) -> tuple[Process, str]:
        target = f"{LOOPBACK}:{free_port()}"
        environment = os.environ | {
            "KONTOR_LISTEN": target,
            "KONTOR_DATABASE_URL": f"postgresql+asyncpg://nobody:x@{LOOPBACK}:{free_port()}/none",
            "KONTOR_NATS_URL": f"nats://{LOOPBACK}:{free_port()}",
            "KONTOR_OIDC_ISSUER": realm.issuer,
            "KONTOR_AUDIENCE": "kontor-tickets",
            "KONTOR_CLIENT_ID": "kontor-tickets",
            "KONTOR_CLIENT_SECRET": "secret",
            "KONTOR_SECRET_KEY": "x" * 32,
            "KONTOR_SIGNING_KEY": SEED,
            "KONTOR_CONTACTS_TARGET": f"{LOOPBACK}:{free_port()}",
        }
        command = [sys.executable, "-m", "services.tickets"]
        children.append(
            subprocess.Popen(command, cwd=ROOT, env=environment | settings, stderr=subprocess.PIPE)
        )
        return children[-1], settings.get("KONTOR_LISTEN", target)

    yield start_it
    for child in children:
        child.kill()
        child.communicate()


async def health(target: str, service: str = "") -> str:
    """What the process says of itself; empty while it says nothing."""
    async with grpc.aio.insecure_channel(target) as channel:
        stub: Any = health_pb2_grpc.HealthStub(channel)
        try:
            answer = await stub.Check(health_pb2.HealthCheckRequest(service=service), timeout=1)
        except grpc.RpcError:
            return ""
    return str(health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status))


async def until(child: Process, target: str, status: str, service: str = "") -> None:
    async with asyncio.timeout(30):
        while await health(target, service) != status:
            assert child.poll() is None
            await asyncio.sleep(0.05)


async def test_it_serves_publishes_and_stops_cleanly(
    start: Start,
    realm: Realm,
    postgres_url: PostgresUrl,
    nats_url: str,
    contacts_target: tuple[str, KnownContacts],
) -> None:
    contacts_target[1].ids.add(CONTACT)
    child, target = start(
        KONTOR_DATABASE_URL=postgres_url("tickets"),
        KONTOR_NATS_URL=nats_url,
        KONTOR_CONTACTS_TARGET=contacts_target[0],
    )
    await until(child, target, "SERVING")

    channel = service_channel(target, FixedToken(realm.token("agent")), callee="any")
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


async def test_it_waits_for_what_it_needs_without_dying(start: Start) -> None:
    child, target = start()
    await until(child, target, "SERVING", service="live")
    assert await health(target) == "NOT_SERVING"
    child.send_signal(signal.SIGTERM)
    assert await asyncio.to_thread(child.wait, 15) == 0


async def test_a_taken_port_is_said_clearly(start: Start) -> None:
    first, target = start()
    await until(first, target, "SERVING", service="live")
    second, _ = start(KONTOR_LISTEN=target)
    _, said = await asyncio.to_thread(second.communicate, None, 30)
    assert second.returncode == 1
    assert said.decode().splitlines()[-1] == (f"{target} is taken; set KONTOR_LISTEN to another address.")
