"""The process as it is deployed: drives itself and three others, is killed with SIGKILL, and finishes."""

import asyncio
import base64
import hashlib
import json
import os
import subprocess
import sys
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import nats
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from kontor.privacy.v1 import holder_pb2, holder_pb2_grpc, privacy_pb2, privacy_pb2_grpc

from devstack.ports import LOOPBACK, free_port
from kernel.channel import service_channel
from services.privacy.clients import HOLDERS
from services.privacy.requests.certificate import faults
from tests.fixtures.clock import FakeClock
from tests.fixtures.postgres import PostgresUrl
from tests.fixtures.realm import Realm
from tests.fixtures.serving import FixedToken
from tests.privacy.holders import Told
from tests.privacy.machine import signer
from tests.privacy.parts import pepper

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Process:
    """The privacy process; `start` begins another life of it."""

    environment: dict[str, str]
    target: str
    realm: Realm
    told: dict[str, Told]
    child: subprocess.Popen[bytes] | None = None

    async def start(self) -> None:
        command = [sys.executable, "-m", "services.privacy"]
        self.child = subprocess.Popen(command, cwd=ROOT, env=self.environment)  # noqa: ASYNC220 - returns at once
        async with asyncio.timeout(30):
            while not await self._is_ready():
                assert self.child.poll() is None
                await asyncio.sleep(0.05)

    def kill(self) -> None:
        if self.child is not None and self.child.poll() is None:
            self.child.kill()
            self.child.wait()

    async def call(self, act: Callable[["privacy_pb2_grpc.RequestsAsyncStub"], Awaitable[Any]]) -> Any:
        channel = service_channel(self.target, FixedToken(self.realm.token("dpo")), callee="any")
        try:
            return await act(privacy_pb2_grpc.RequestsStub(channel))
        finally:
            await channel.close()

    async def reaches(self, request_id: str, state: int) -> privacy_pb2.Request:
        """The request as soon as it is in this state."""
        async with asyncio.timeout(40):
            asked = privacy_pb2.GetRequestRequest(id=request_id)
            while True:
                found = await self.call(lambda r: r.GetRequest(asked))
                if found.state == state:
                    assert isinstance(found, privacy_pb2.Request)
                    return found
                await asyncio.sleep(0.1)

    async def _is_ready(self) -> bool:
        async with grpc.aio.insecure_channel(self.target) as channel:
            try:
                stub: Any = health_pb2_grpc.HealthStub(channel)
                answer = await stub.Check(health_pb2.HealthCheckRequest(), timeout=1)
            except grpc.RpcError:
                return False
            return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)


@pytest.fixture
async def process(
    postgres_url: PostgresUrl, nats_url: str, realm: Realm, fake_clock: FakeClock
) -> AsyncIterator[Process]:
    servers, targets, told = [], {}, {}
    for name in ("contacts", "campaigns", "tickets"):
        told[name] = Told(name, signer(name), fake_clock)
        server = grpc.aio.server()
        holder_pb2_grpc.add_DataHolderServicer_to_server(told[name], server)
        targets[name] = f"{LOOPBACK}:{server.add_insecure_port(f'{LOOPBACK}:0')}"
        await server.start()
        servers.append(server)
    target = f"{LOOPBACK}:{free_port()}"
    environment = os.environ | {
        "KONTOR_LISTEN": target,
        "KONTOR_DATABASE_URL": postgres_url("privacy"),
        "KONTOR_NATS_URL": nats_url,
        "KONTOR_OIDC_ISSUER": realm.issuer,
        "KONTOR_AUDIENCE": "kontor-privacy",
        "KONTOR_CLIENT_ID": "kontor-privacy",
        "KONTOR_CLIENT_SECRET": "secret",
        "KONTOR_SECRET_KEY": "x" * 32,
        "KONTOR_SIGNING_KEY": base64.b64encode(hashlib.sha256(b"privacy").digest()).decode(),
        "KONTOR_HOLDER_KEYS": json.dumps({name: signer(name).public_key for name in HOLDERS}),
        "KONTOR_SUPPRESSION_PEPPERS": json.dumps({"k1": pepper("one")}),
        "KONTOR_SUPPRESSION_KEY_ID": "k1",
        "KONTOR_CONTROLLER_NAME": "Müller & Söhne GmbH",
        "KONTOR_CONTROLLER_ADDRESS": "Hauptstraße 1, 10115 Berlin",
        "KONTOR_CONTROLLER_EMAIL": "kontakt@mueller.example",
        **{f"KONTOR_{name.upper()}_TARGET": where for name, where in targets.items()},
    }
    running = Process(environment, target, realm, told)
    await running.start()
    yield running
    running.kill()
    for server in servers:
        await server.stop(None)


@pytest.mark.slow
async def test_an_erasure_survives_the_death_of_the_process(process: Process, nats_url: str) -> None:
    create = privacy_pb2.CreateRequestRequest(
        request_id=str(uuid.uuid4()),
        contact_id=str(uuid.uuid4()),
        kind=holder_pb2.REQUEST_KIND_ERASURE,
        language="en",
    )
    created = await process.call(lambda r: r.CreateRequest(create))
    await process.reaches(created.id, privacy_pb2.REQUEST_STATE_PLANNED)
    process.told["tickets"].down = True
    confirm = privacy_pb2.ConfirmRequestRequest(request_id=str(uuid.uuid4()), id=created.id)
    await process.call(lambda r: r.ConfirmRequest(confirm))
    async with asyncio.timeout(20):
        while not process.told["campaigns"].executions:  # noqa: ASYNC110 - it counts, it does not notify
            await asyncio.sleep(0.02)
    process.kill()
    process.told["tickets"].down = False
    await process.start()
    done = await process.reaches(created.id, privacy_pb2.REQUEST_STATE_COMPLETED)
    assert all(plan.executed for plan in done.plans)
    assert [told.executions for told in process.told.values()] == [1, 1, 1]
    asked = privacy_pb2.GetDocumentRequest(id=created.id, format=privacy_pb2.DOCUMENT_FORMAT_JSON)
    document = await process.call(lambda r: r.GetDocument(asked))
    keys = {name: signer(name).public_key for name in HOLDERS}
    assert faults(document.content, certificate_key=keys["privacy"], holder_keys=keys) == []

    client = await nats.connect(nats_url)
    entries = await client.jetstream().stream_info("LEDGER")
    await client.close()
    assert entries.state.messages == 1
