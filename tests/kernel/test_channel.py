"""Calls between services: retried only where that is safe, never beyond the caller's own time."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import grpc
import jwt
import pytest
from kontor.tickets.v1 import tickets_pb2, tickets_pb2_grpc

from devstack.ports import LOOPBACK
from kernel import channel as channels
from kernel.channel import CallContext, SyncChannel, call_context, service_channel
from kernel.errors import DeadlineExceeded, DomainError, FailedPrecondition, Unavailable
from kernel.tokens import ServiceTokens
from tests.fixtures.serving import FixedToken
from tests.kernel.conftest import Sample
from tests.kernel.sample import creation

READ = tickets_pb2.GetTicketRequest(ticket_id=str(uuid.uuid4()))


@dataclass
class Callee(tickets_pb2_grpc.TicketsServicer):
    """Fails as often as told, and keeps what it was asked."""

    failures: int = 0
    code: grpc.StatusCode = grpc.StatusCode.UNAVAILABLE
    metadata: list[dict[str, Any]] = field(default_factory=list)
    remaining: list[float | None] = field(default_factory=list)
    target: str = ""

    async def CreateTicket(
        self, request: tickets_pb2.CreateTicketRequest, context: Any
    ) -> tickets_pb2.Ticket:
        return await self._answer(context)

    async def GetTicket(self, request: tickets_pb2.GetTicketRequest, context: Any) -> tickets_pb2.Ticket:
        return await self._answer(context)

    async def _answer(self, context: Any) -> tickets_pb2.Ticket:
        self.metadata.append(dict(context.invocation_metadata()))
        self.remaining.append(context.time_remaining())
        if len(self.metadata) <= self.failures:
            await context.abort(self.code, "no")
        return tickets_pb2.Ticket(number=7)


@pytest.fixture
async def callee(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Callee]:
    monkeypatch.setattr(channels, "_pause", lambda attempt: 0.01)
    made = Callee()  # type: ignore[abstract]
    server = grpc.aio.server()
    tickets_pb2_grpc.add_TicketsServicer_to_server(made, server)
    made.target = f"{LOOPBACK}:{server.add_insecure_port(f'{LOOPBACK}:0')}"
    await server.start()
    yield made
    await server.stop(None)


@pytest.fixture
async def stub(callee: Callee) -> AsyncIterator[Any]:
    channel = service_channel(callee.target, FixedToken("own"), callee="any")
    yield tickets_pb2_grpc.TicketsStub(channel)
    await channel.close()


async def test_a_mutation_is_tried_again_under_its_request_id(callee: Callee, stub: Any) -> None:
    callee.failures = 2
    assert (await stub.CreateTicket(creation())).number == 7
    assert len(callee.metadata) == 3


async def test_three_failures_are_enough(callee: Callee, stub: Any) -> None:
    callee.failures = 99
    with pytest.raises(Unavailable):
        await stub.CreateTicket(creation())
    assert len(callee.metadata) == 3


async def test_without_a_request_id_nothing_is_repeated(callee: Callee, stub: Any) -> None:
    callee.failures = 1
    with pytest.raises(Unavailable):
        await stub.GetTicket(READ)
    assert len(callee.metadata) == 1


@pytest.mark.parametrize("code", [grpc.StatusCode.INTERNAL, grpc.StatusCode.ABORTED, grpc.StatusCode.UNKNOWN])
async def test_only_unavailable_is_repeated(callee: Callee, stub: Any, code: grpc.StatusCode) -> None:
    callee.failures, callee.code = 1, code
    with pytest.raises(DomainError):
        await stub.CreateTicket(creation())
    assert len(callee.metadata) == 1


async def test_a_failed_precondition_without_details_is_typed_all_the_same(callee: Callee, stub: Any) -> None:
    callee.failures, callee.code = 1, grpc.StatusCode.FAILED_PRECONDITION
    with pytest.raises(FailedPrecondition) as refused:
        await stub.GetTicket(READ)
    assert refused.value.reason == "FAILED_PRECONDITION"


async def test_own_token_and_a_brought_one(callee: Callee, stub: Any) -> None:
    await stub.GetTicket(READ)
    await stub.GetTicket(READ, metadata=(("authorization", "Bearer the user's"),))
    assert [m["authorization"] for m in callee.metadata] == ["Bearer own", "Bearer the user's"]


async def test_inside_a_users_call_the_user_goes_along_proven_by_the_realm(
    sample: Sample, callee: Callee
) -> None:
    tokens = ServiceTokens(issuer=sample.realm.issuer, client_id="kontor-tickets", client_secret="s")
    channel = service_channel(callee.target, tokens, callee="kontor-contacts")

    async def ask() -> None:
        await tickets_pb2_grpc.TicketsStub(channel).GetTicket(READ)

    sample.rpc.before_reading.append(ask)
    jana = sample.with_token(sample.realm.token("agent", sub="jana"))
    for _ in range(2):
        await jana.GetTicket(READ)
    await sample.with_token(sample.realm.token("service", azp="kontor-portal")).GetTicket(READ)
    await ask()
    await channel.close()
    claims = [
        jwt.decode(one["authorization"].removeprefix("Bearer "), options={"verify_signature": False})
        for one in callee.metadata
    ]
    whose = [(one["sub"], one["azp"], one["aud"], *one["realm_access"]["roles"]) for one in claims]
    on_behalf = ("jana", "kontor-tickets", "kontor-contacts", "agent")
    own = ("account-of-kontor-tickets", "kontor-tickets", ["kontor-contacts"], "service")
    # A service account's call, or none at all: there is no user to name.
    assert whose == [on_behalf, on_behalf, own, own]
    assert sample.realm.granted == 2
    assert all("kontor-on-behalf" not in one for one in callee.metadata)


async def test_every_call_has_a_deadline(callee: Callee, stub: Any) -> None:
    await stub.GetTicket(READ)
    await stub.GetTicket(READ, timeout=1)
    default, asked = callee.remaining
    assert default is not None
    assert asked is not None
    # gRPC rounds a deadline up to two digits on the wire; how much is left when it arrives is the machine's affair.
    assert asked <= 1.05
    assert asked < default <= 1.05 * channels.DEFAULT_TIMEOUT_S


async def test_the_callers_deadline_is_passed_on_minus_a_margin(
    sample: Sample, callee: Callee, stub: Any
) -> None:
    async def ask() -> None:
        await stub.GetTicket(READ)

    sample.rpc.before_reading.append(ask)
    await sample.client("agent").GetTicket(READ, timeout=2)
    (left,) = callee.remaining
    assert left is not None
    # On the wire gRPC rounds what is left up, by a hundredth at most.
    assert left < 2 - channels.MARGIN_S / 2


async def test_without_time_nobody_is_asked(sample: Sample, callee: Callee, stub: Any) -> None:
    async def dawdle() -> None:
        await asyncio.sleep(0.16)
        await stub.GetTicket(READ)

    sample.rpc.before_reading.append(dawdle)
    with pytest.raises(DeadlineExceeded):
        await sample.client("agent").GetTicket(READ, timeout=0.2)
    await asyncio.sleep(0.05)
    assert callee.metadata == []


async def test_web_processes_call_by_the_same_rules(callee: Callee) -> None:
    callee.failures = 1

    def call() -> int:
        own = SyncChannel(callee.target, own_token=lambda: "page")
        stub = tickets_pb2_grpc.TicketsStub(own.get())
        with call_context(CallContext(token="user")):
            number: int = stub.CreateTicket(creation()).number
        stub.GetTicket(READ)
        own.get().close()
        return number

    assert await asyncio.to_thread(call) == 7
    assert [m["authorization"] for m in callee.metadata] == ["Bearer user", "Bearer user", "Bearer page"]


async def test_web_processes_get_typed_errors(callee: Callee) -> None:
    callee.failures, callee.code = 9, grpc.StatusCode.FAILED_PRECONDITION

    def call() -> None:
        own = SyncChannel(callee.target, own_token=lambda: "page")
        try:
            tickets_pb2_grpc.TicketsStub(own.get()).GetTicket(READ)
        finally:
            own.get().close()

    with pytest.raises(FailedPrecondition):
        await asyncio.to_thread(call)
