"""How the client calls: what may safely come again does, and nothing else; failures are typed; secrets stay secret."""

import json
import pickle
import threading
import time
import uuid
from collections.abc import Iterator
from concurrent import futures
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import grpc
import pytest
from kontor.tickets.v1 import tickets_pb2, tickets_pb2_grpc

from devstack.ports import LOOPBACK
from kernel.errors import STATUS_METADATA, DomainError, NotFound, ResourceExhausted, to_status
from kontor_client import ClientCredentials, Connection, Failure, NotConfigured, NoToken, new_request_id
from kontor_client import calling as calls
from kontor_client.people import kept_form

READ = tickets_pb2.GetTicketRequest(ticket_id=str(uuid.uuid4()))


def creation() -> tickets_pb2.CreateTicketRequest:
    return tickets_pb2.CreateTicketRequest(request_id=new_request_id(), subject="Heizung")


@dataclass
class Provider:
    """A token endpoint that counts."""

    issuer: str = ""
    asked: int = 0
    lifetime: int = 300
    status: int = 200


@pytest.fixture
def provider() -> Iterator[Provider]:
    made = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            made.asked += 1
            body = json.dumps({"access_token": f"token-{made.asked}", "expires_in": made.lifetime}).encode()
            self.send_response(made.status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Says nothing: the test's own output is what matters."""

    server = ThreadingHTTPServer((LOOPBACK, 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    made.issuer = f"http://{LOOPBACK}:{server.server_port}/realms/kontor"
    yield made
    server.shutdown()
    server.server_close()


@dataclass
class Callee(tickets_pb2_grpc.TicketsServicer):
    """Fails with what it is told to, one after the other, then answers."""

    failures: list[DomainError | grpc.StatusCode] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    target: str = ""

    def CreateTicket(self, request: tickets_pb2.CreateTicketRequest, context: Any) -> tickets_pb2.Ticket:
        self.requests.append(request.request_id)
        return self._answer(context)

    def GetTicket(self, request: tickets_pb2.GetTicketRequest, context: Any) -> tickets_pb2.Ticket:
        self.requests.append("")
        return self._answer(context)

    def _answer(self, context: Any) -> tickets_pb2.Ticket:
        self.tokens.append(dict(context.invocation_metadata())["authorization"])
        if self.failures:
            failure = self.failures.pop(0)
            if isinstance(failure, DomainError):
                context.set_trailing_metadata(((STATUS_METADATA, to_status(failure).SerializeToString()),))
                context.abort(failure.code, failure.message)
            context.abort(failure, "no")
        return tickets_pb2.Ticket(number=7)


@pytest.fixture
def callee(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callee]:
    monkeypatch.setattr(calls, "_FIRST_PAUSE_S", 0.01)
    made = Callee()  # type: ignore[abstract]
    server = grpc.server(futures.ThreadPoolExecutor(4))
    tickets_pb2_grpc.add_TicketsServicer_to_server(made, server)
    made.target = f"{LOOPBACK}:{server.add_insecure_port(f'{LOOPBACK}:0')}"
    server.start()
    yield made
    server.stop(None).wait()


@pytest.fixture
def kontor(provider: Provider, callee: Callee) -> Iterator[Connection]:
    credentials = ClientCredentials(issuer=provider.issuer, client_id="erp", client_secret="s")
    with Connection({"tickets": callee.target}, credentials, patience=1) as made:
        yield made


@pytest.fixture
def tickets(kontor: Connection) -> tickets_pb2_grpc.TicketsStub:
    return tickets_pb2_grpc.TicketsStub(kontor.channel("tickets"))


def test_a_command_comes_again_under_its_own_id(callee: Callee, tickets: Any) -> None:
    callee.failures = [grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.UNAVAILABLE]
    assert tickets.CreateTicket(creation()).number == 7
    assert len(callee.requests) == 3
    assert len(set(callee.requests)) == 1


def test_a_question_without_an_id_does_not(callee: Callee, tickets: Any) -> None:
    callee.failures = [grpc.StatusCode.UNAVAILABLE]
    with pytest.raises(Failure) as failed:
        tickets.GetTicket(READ)
    assert (failed.value.code, failed.value.reason) == (grpc.StatusCode.UNAVAILABLE, "UNAVAILABLE")
    assert len(callee.requests) == 1


@pytest.mark.parametrize("code", [grpc.StatusCode.INTERNAL, grpc.StatusCode.ABORTED, grpc.StatusCode.UNKNOWN])
def test_nothing_else_is_repeated(callee: Callee, tickets: Any, code: grpc.StatusCode) -> None:
    callee.failures = [code]
    with pytest.raises(Failure):
        tickets.CreateTicket(creation())
    assert len(callee.requests) == 1


def test_there_is_an_end_to_trying(callee: Callee, tickets: Any) -> None:
    callee.failures = [grpc.StatusCode.UNAVAILABLE] * 9
    with pytest.raises(Failure):
        tickets.CreateTicket(creation())
    assert len(callee.requests) == calls.ATTEMPTS


def test_told_to_wait_it_waits_and_any_request_may_come_again(callee: Callee, tickets: Any) -> None:
    callee.failures = [ResourceExhausted("Too often.", reason="RATE_EXCEEDED", retry_after=0.3)]
    started = time.monotonic()
    assert tickets.GetTicket(READ).number == 7
    assert time.monotonic() - started >= 0.3


def test_told_to_come_tomorrow_it_says_so_at_once(callee: Callee, tickets: Any) -> None:
    callee.failures = [ResourceExhausted("Used up.", reason="QUOTA_EXCEEDED", retry_after=7_200)]
    with pytest.raises(Failure) as failed:
        tickets.GetTicket(READ)
    assert (failed.value.reason, failed.value.retry_after) == ("QUOTA_EXCEEDED", 7_200)
    assert len(callee.requests) == 1


def test_it_does_not_wait_beyond_the_callers_time(callee: Callee, tickets: Any) -> None:
    callee.failures = [ResourceExhausted("Too often.", retry_after=0.9)]
    started = time.monotonic()
    with pytest.raises(Failure):
        tickets.GetTicket(READ, timeout=0.5)
    assert time.monotonic() - started < 0.5


def test_a_refusal_is_told_in_full(callee: Callee, tickets: Any) -> None:
    callee.failures = [
        NotFound("No ticket.", reason="TICKET_NOT_FOUND", metadata={"a": "1"}, violations={"x": "y"})
    ]
    with pytest.raises(Failure, match=r"NOT_FOUND \(TICKET_NOT_FOUND\): No ticket\.") as failed:
        tickets.GetTicket(READ)
    assert (failed.value.metadata, failed.value.violations) == ({"a": "1"}, {"x": "y"})


def test_one_token_serves_many_calls_and_a_short_lived_one_is_renewed(
    provider: Provider, callee: Callee, tickets: Any, kontor: Connection
) -> None:
    for _ in range(3):
        tickets.GetTicket(READ)
    assert callee.tokens == ["Bearer token-1"] * 3
    credentials = ClientCredentials(issuer=provider.issuer, client_id="erp", client_secret="s")
    provider.lifetime = 0
    assert [credentials.token(), credentials.token()] == ["token-2", "token-3"]


def test_threads_share_one_token(provider: Provider) -> None:
    credentials = ClientCredentials(issuer=provider.issuer, client_id="erp", client_secret="s")
    with futures.ThreadPoolExecutor(8) as pool:
        assert set(pool.map(lambda _: credentials.token(), range(30))) == {"token-1"}
    credentials.forget()
    assert credentials.token() == "token-2"


def test_refused_credentials_are_said(provider: Provider, kontor: Connection, tickets: Any) -> None:
    provider.status = 401
    with pytest.raises(NoToken, match="401"):
        tickets.GetTicket(READ)


@pytest.mark.parametrize(
    "issuer",
    ["http://login.example.eu/realms/kontor", "http://127.0.0.1.example.eu/x", "ftp://localhost.eu/"],
)
def test_a_secret_never_goes_over_a_network_in_the_clear(issuer: str) -> None:
    with pytest.raises(ValueError, match="https"):
        ClientCredentials(issuer=issuer, client_id="erp", client_secret="s")


def test_a_token_never_goes_over_a_network_in_the_clear(provider: Provider) -> None:
    """Whoever listens there sees the beginning of a TLS handshake and no header."""
    credentials = ClientCredentials(issuer=provider.issuer, client_id="erp", client_secret="s")
    heard: list[bytes] = []
    import socket

    with socket.create_server(("127.0.0.2", 0)) as listening:
        listening.settimeout(5)

        def listen() -> None:
            accepted, _ = listening.accept()
            heard.append(accepted.recv(1_000))
            accepted.close()

        thread = threading.Thread(target=listen)
        thread.start()
        target = f"127.0.0.2:{listening.getsockname()[1]}"
        with Connection({"tickets": target}, credentials, timeout=2) as kontor, pytest.raises(Failure):
            tickets_pb2_grpc.TicketsStub(kontor.channel("tickets")).GetTicket(READ)
        thread.join()
    # RFC 8446 §5.1: a record of type 22, handshake.
    assert heard[0][0] == 22
    assert b"token" not in heard[0]


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        (" Jörg@Müller.example ", "Jörg@xn--mller-kva.example"),
        ("a@straße.example", "a@xn--strae-oqa.example"),
        ("a@b.example", "a@b.example"),
        ("", ""),
        ("nobody", ""),
        ("a@..", "a@.."),
    ],
)
def test_an_address_is_looked_for_as_kontor_keeps_it(written: str, kept: str) -> None:
    assert kept_form(written) == kept


def test_what_was_not_said_is_named(provider: Provider) -> None:
    with pytest.raises(NotConfigured, match="KONTOR_CLIENT_SECRET"):
        Connection.from_environment({"KONTOR_OIDC_ISSUER": provider.issuer, "KONTOR_CLIENT_ID": "erp"})
    said = {"KONTOR_OIDC_ISSUER": provider.issuer, "KONTOR_CLIENT_ID": "e", "KONTOR_CLIENT_SECRET": "s"}
    with Connection.from_environment(said) as kontor, pytest.raises(NotConfigured, match="privacy"):
        kontor.channel("privacy")


def test_a_failure_reaches_another_process_whole() -> None:
    failure = Failure(
        grpc.StatusCode.INVALID_ARGUMENT, "INVALID", "Please look again.", violations={"email": "must be one"}
    )
    copied = pickle.loads(pickle.dumps(failure))
    assert vars(copied) == vars(failure)
    assert str(copied) == str(failure)
    assert len({failure, copied}) == 2
