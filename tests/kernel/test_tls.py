"""TLS: encrypted and verified, rotated while it runs, and nothing in the clear over a network."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import pytest
from cryptography import x509
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from pydantic import ValidationError

from devstack.ports import LOOPBACK
from kernel.channel import SyncChannel, service_channel
from kernel.config import ServiceSettings
from kernel.errors import Unavailable
from kernel.tls import Certificate, InTheClear, Trust, is_loopback, open_port
from tests.fixtures.authority import Authority
from tests.fixtures.serving import FixedToken

REQUIRED: dict[str, Any] = {
    "listen": f"{LOOPBACK}:0",
    "database_url": "x",
    "oidc_issuer": "x",
    "client_id": "x",
    "client_secret": "x",
    "secret_key": "x" * 32,
    "nats_url": "x",
    "audience": "x",
    "signing_key": "x",
}


def settings(**more: Any) -> ServiceSettings:
    return ServiceSettings(**(REQUIRED | more))


@dataclass
class Encrypted:
    """A server behind a certificate of `authority`, for 127.0.0.1 and `contacts`."""

    authority: Authority
    folder: Path
    server: grpc.aio.Server
    port: int

    @property
    def target(self) -> str:
        return f"{LOOPBACK}:{self.port}"

    def serial(self) -> int:
        """The serial number of the certificate that a new connection is shown."""
        context = ssl.create_default_context(cadata=self.authority.pem.decode())
        context.set_alpn_protocols(["h2"])
        with (
            socket.create_connection((LOOPBACK, self.port), timeout=5) as raw,
            context.wrap_socket(raw, server_hostname=LOOPBACK) as wrapped,
        ):
            shown = wrapped.getpeercert(binary_form=True)
        assert shown is not None
        return x509.load_der_x509_certificate(shown).serial_number

    def on_disk(self) -> int:
        return x509.load_pem_x509_certificate((self.folder / "tls.crt").read_bytes()).serial_number


async def start(folder: Path, *hosts: str, days: tuple[int, int] = (-1, 1), **more: Any) -> Encrypted:
    authority = Authority()
    certificate, key = authority.issue(folder, *hosts, days=days)
    server = grpc.aio.server()
    state = health.aio.HealthServicer()
    await state.set("", health_pb2.HealthCheckResponse.SERVING)
    health_pb2_grpc.add_HealthServicer_to_server(state, server)
    more = {name: file.write(folder, "client-ca.crt") for name, file in more.items()}
    port = open_port(server, settings(tls_certificate_file=certificate, tls_key_file=key, **more))
    await server.start()
    return Encrypted(authority, folder, server, port)


@pytest.fixture
async def encrypted(tmp_path: Path) -> AsyncIterator[Encrypted]:
    made = await start(tmp_path, LOOPBACK, "contacts")
    yield made
    await made.server.stop(None)


async def ask(target: str, trust: Trust) -> int:
    """The health that a channel of ours learns. Errors: Unavailable if there is no trust."""
    channel = service_channel(target, FixedToken("t"), trust, callee="any")
    try:
        check: Any = health_pb2_grpc.HealthStub(channel)
        answer = await check.Check(health_pb2.HealthCheckRequest(), timeout=5)
    finally:
        await channel.close()
    return int(answer.status)


def ask_sync(target: str, trust: Trust) -> int:
    channel = SyncChannel(target, own_token=lambda: "t", trust=trust).get()
    try:
        check: Any = health_pb2_grpc.HealthStub(channel)
        return int(check.Check(health_pb2.HealthCheckRequest(), timeout=5).status)
    finally:
        channel.close()


SERVING = health_pb2.HealthCheckResponse.SERVING


async def test_both_kinds_of_channel_reach_who_they_trust(encrypted: Encrypted) -> None:
    trust = Trust(encrypted.authority.pem)
    assert await ask(encrypted.target, trust) == SERVING
    assert await asyncio.to_thread(ask_sync, encrypted.target, trust) == SERVING


@pytest.mark.parametrize("sync", [False, True])
async def test_another_authority_is_not_believed(encrypted: Encrypted, sync: bool) -> None:
    trust = Trust(Authority("Test").pem)
    with pytest.raises(Unavailable):
        await (asyncio.to_thread(ask_sync, encrypted.target, trust) if sync else ask(encrypted.target, trust))


@pytest.mark.parametrize("sync", [False, True])
async def test_another_name_is_not_believed(tmp_path: Path, sync: bool) -> None:
    made = await start(tmp_path, "privacy")
    trust = Trust(made.authority.pem)
    with pytest.raises(Unavailable):
        await (asyncio.to_thread(ask_sync, made.target, trust) if sync else ask(made.target, trust))
    await made.server.stop(None)


@pytest.mark.parametrize("days", [(-9, -1), (1, 9)])
async def test_an_expired_or_future_certificate_is_not_believed(
    tmp_path: Path, days: tuple[int, int]
) -> None:
    made = await start(tmp_path, LOOPBACK, days=days)
    with pytest.raises(Unavailable):
        await ask(made.target, Trust(made.authority.pem))
    await made.server.stop(None)


async def test_who_speaks_plain_text_to_it_gets_nothing(encrypted: Encrypted) -> None:
    with pytest.raises(Unavailable):
        await ask(encrypted.target, Trust())


async def test_a_slow_handshake_is_waited_for(encrypted: Encrypted) -> None:
    """A busy machine, or one that is far away, needs longer than the pause between two attempts."""

    async def pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65_536):
            writer.write(data)
        writer.close()

    async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.5)
        beyond_reader, beyond_writer = await asyncio.open_connection(LOOPBACK, encrypted.port)
        await asyncio.gather(pipe(reader, beyond_writer), pipe(beyond_reader, writer))

    async with await asyncio.start_server(forward, LOOPBACK, 0) as slow:
        port = slow.sockets[0].getsockname()[1]
        assert await ask(f"{LOOPBACK}:{port}", Trust(encrypted.authority.pem)) == SERVING


async def test_a_rotated_certificate_is_shown_without_a_restart(encrypted: Encrypted) -> None:
    trust = Trust(encrypted.authority.pem)
    before = await asyncio.to_thread(encrypted.serial)
    assert before == encrypted.on_disk()
    encrypted.authority.issue(encrypted.folder, LOOPBACK)
    assert await asyncio.to_thread(encrypted.serial) == encrypted.on_disk() != before
    assert await ask(encrypted.target, trust) == SERVING


async def test_a_rotation_by_link_as_kubernetes_does_it(tmp_path: Path) -> None:
    for number in ("1", "2"):
        (tmp_path / number).mkdir()
    made = await start(tmp_path / "1", LOOPBACK)
    await made.server.stop(None)
    made.authority.issue(tmp_path / "2", LOOPBACK)
    (tmp_path / "data").symlink_to("1")
    certificate = Certificate(tmp_path / "data" / "tls.crt", tmp_path / "data" / "tls.key", None)
    assert certificate.renewed() is None
    (tmp_path / "next").symlink_to("2")
    (tmp_path / "next").replace(tmp_path / "data")
    assert certificate.renewed() is not None
    assert certificate.renewed() is None


async def test_half_a_rotation_keeps_the_old_certificate(encrypted: Encrypted, tmp_path: Path) -> None:
    before = encrypted.on_disk()
    other = tmp_path / "other"
    other.mkdir()
    certificate, key = encrypted.authority.issue(other, LOOPBACK)
    certificate.replace(encrypted.folder / "tls.crt")
    assert await asyncio.to_thread(encrypted.serial) == before
    (encrypted.folder / "tls.key").write_text("not yet")
    assert await asyncio.to_thread(encrypted.serial) == before
    (encrypted.folder / "tls.key").unlink()
    assert await asyncio.to_thread(encrypted.serial) == before
    key.replace(encrypted.folder / "tls.key")
    assert await asyncio.to_thread(encrypted.serial) == encrypted.on_disk() != before


async def test_where_clients_must_show_themselves_a_stranger_stays_outside(tmp_path: Path) -> None:
    clients = Authority("Clients")
    made = await start(tmp_path, LOOPBACK, tls_client_ca_file=clients)
    ours = tmp_path / "ours"
    theirs = tmp_path / "theirs"
    ours.mkdir()
    theirs.mkdir()

    def showing(authority: Authority, folder: Path) -> Trust:
        certificate, key = authority.issue(folder, "client")
        return Trust(made.authority.pem, certificate.read_bytes(), key.read_bytes())

    assert await ask(made.target, showing(clients, ours)) == SERVING
    for trust in (Trust(made.authority.pem), showing(Authority("Clients"), theirs)):
        with pytest.raises(Unavailable):
            await ask(made.target, trust)
    await made.server.stop(None)


# --- in the clear --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address", ["0.0.0.0:0", "[::]:0", "10.0.0.1:50051", "kontor.example:50051", ":50051"]
)
async def test_nothing_is_served_in_the_clear_on_a_network(address: str) -> None:
    with pytest.raises(InTheClear, match="KONTOR_MESH_ENCRYPTS"):
        open_port(grpc.aio.server(), settings(listen=address))


async def test_a_mesh_may_encrypt_instead() -> None:
    assert open_port(grpc.aio.server(), settings(listen="0.0.0.0:0", mesh_encrypts=True)) > 0
    assert Trust(mesh=True).credentials("contacts:50051") is None


@pytest.mark.parametrize("target", ["contacts:50051", "dns:///contacts:50051", "192.168.1.5:50051"])
async def test_nobody_is_called_in_the_clear_over_a_network(target: str) -> None:
    with pytest.raises(InTheClear, match="KONTOR_TLS_CA_FILE"):
        service_channel(target, FixedToken("t"), callee="any")
    with pytest.raises(InTheClear):
        SyncChannel(target, own_token=lambda: "t").get()


@pytest.mark.parametrize(
    ("address", "here"),
    [
        ("127.0.0.1:1", True),
        ("127.9.9.9:1", True),
        ("[::1]:1", True),
        ("localhost:1", True),
        ("dns:///localhost:1", True),
        ("unix:/tmp/x", True),
        ("0.0.0.0:1", False),
        ("[::]:1", False),
        ("127.0.0.1.example:1", False),
        ("localhost.example:1", False),
    ],
)
def test_what_stays_on_this_machine(address: str, here: bool) -> None:
    assert is_loopback(address) == here


def test_a_certificate_without_its_key_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="go together"):
        settings(tls_certificate_file=tmp_path / "x")
    certificate, _ = Authority().issue(tmp_path, "a", stem="a")
    _, key = Authority().issue(tmp_path, "b", stem="b")
    with pytest.raises(ValueError, match="does not belong"):
        Certificate(certificate, key, None)
