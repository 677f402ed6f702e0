"""The process as it is deployed: starts, becomes ready, serves, also encrypted, publishes, stops when told."""

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
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from kontor.tickets.v1 import events_pb2, tickets_pb2, tickets_pb2_grpc

from devstack.ports import LOOPBACK, free_port
from kernel.channel import service_channel
from kernel.tls import Trust
from kontor_client import ClientCredentials, Connection
from tests.fixtures.authority import Authority
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


@pytest.mark.parametrize("variable", ["KONTOR_LISTEN", "KONTOR_HEALTH_LISTEN"])
async def test_a_taken_port_is_said_clearly(start: Start, variable: str) -> None:
    first, target = start()
    await until(first, target, "SERVING", service="live")
    second, _ = start(**{variable: target})
    _, said = await asyncio.to_thread(second.communicate, None, 30)
    assert second.returncode == 1
    assert said.decode().splitlines()[-1] == f"{target} is taken; set {variable} to another address."


async def test_behind_tls_everything_answers_as_before(
    start: Start,
    realm: Realm,
    postgres_url: PostgresUrl,
    nats_url: str,
    contacts_target: tuple[str, KnownContacts],
    tmp_path: Path,
) -> None:
    contacts_target[1].ids.add(CONTACT)
    authority = Authority()
    certificate, key = authority.issue(tmp_path, LOOPBACK)
    door = f"{LOOPBACK}:{free_port()}"
    child, target = start(
        KONTOR_DATABASE_URL=postgres_url("tickets"),
        KONTOR_NATS_URL=nats_url,
        # The neighbour of this test speaks plain text on this machine; who names an authority calls nobody so.
        KONTOR_CONTACTS_TARGET=contacts_target[0],
        KONTOR_TLS_CERTIFICATE_FILE=str(certificate),
        KONTOR_TLS_KEY_FILE=str(key),
        KONTOR_HEALTH_LISTEN=door,
    )
    # The kubelet's door, in the clear.
    await until(child, door, "SERVING")
    assert await health(door, "live") == "SERVING"
    assert await health(target) == ""

    channel = service_channel(target, FixedToken(realm.token("agent")), Trust(authority.pem), callee="any")
    ticket = await tickets_pb2_grpc.TicketsStub(channel).CreateTicket(opening(CONTACT))
    probe: Any = health_pb2_grpc.HealthStub(channel)
    assert (await probe.Check(health_pb2.HealthCheckRequest(), timeout=5)).status == 1
    assert "kontor.tickets.v1.Tickets" in await services(channel)
    await channel.close()

    assert (
        await asyncio.to_thread(seen_by_an_integrator, target, realm, authority.write(tmp_path)) == ticket.id
    )
    async with grpc.aio.insecure_channel(door) as plain:
        # Nothing else is behind that door, with whatever token.
        stub: Any = tickets_pb2_grpc.TicketsStub(plain)
        try:
            await stub.ListTickets(tickets_pb2.ListTicketsRequest(), timeout=5)
            code = grpc.StatusCode.OK
        except grpc.aio.AioRpcError as error:
            code = error.code()
    assert code is grpc.StatusCode.UNIMPLEMENTED
    child.send_signal(signal.SIGTERM)
    assert await asyncio.to_thread(child.wait, 15) == 0


async def test_without_a_certificate_it_does_not_open_to_a_network(start: Start) -> None:
    child, _ = start(KONTOR_LISTEN=f"0.0.0.0:{free_port()}")
    _, said = await asyncio.to_thread(child.communicate, None, 30)
    assert child.returncode == 1
    assert "set KONTOR_TLS_CERTIFICATE_FILE" in said.decode().splitlines()[-1]


async def services(channel: grpc.aio.Channel) -> list[str]:
    """What reflection lists."""
    listing: Any = reflection_pb2_grpc.ServerReflectionStub(channel)  # type: ignore[arg-type]
    call = listing.ServerReflectionInfo(
        iter([reflection_pb2.ServerReflectionRequest(list_services="")]), timeout=5
    )
    answer = await call.read()
    return [found.name for found in answer.list_services_response.service]


def seen_by_an_integrator(target: str, realm: Realm, ca_file: Path) -> str:
    """The id of the only ticket, as the published client reads it."""

    class Given(ClientCredentials):
        def token(self) -> str:
            return realm.token("integrator", azp="erp")

    credentials = Given(issuer=realm.issuer, client_id="erp", client_secret="s")
    with Connection({"tickets": target}, credentials, ca=ca_file.read_bytes()) as kontor:
        stub = tickets_pb2_grpc.TicketsStub(kontor.channel("tickets"))
        (ticket,) = stub.ListTickets(tickets_pb2.ListTicketsRequest()).tickets
        return str(ticket.id)
