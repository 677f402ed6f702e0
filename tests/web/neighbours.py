"""Services that say what a test tells them: real gRPC behind a page, and what it was asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

import grpc
import pytest
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from devstack.keys import BACK_ENDS
from devstack.ports import LOOPBACK
from kernel.errors import STATUS_METADATA, DomainError, to_status
from services.gateway.session import FILES

Answer = Callable[[Any], Message | DomainError]


@dataclass
class Neighbours(grpc.GenericRpcHandler):
    """Answers every RPC of the contract: as `answers` says by "Service.Method", else with an empty message."""

    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[tuple[str, Any]] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    target: str = ""
    _lock: Lock = field(default_factory=Lock)

    def of(self, name: str) -> list[Any]:
        """What came in at one RPC, in order."""
        return [request for called, request in self.asked if called == name]

    def service(self, details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler[Any, Any] | None:
        found = _method(details.method)
        if found is None:
            return None
        return grpc.unary_unary_rpc_method_handler(
            lambda request, context: self._answer(found, request, context),
            request_deserializer=GetMessageClass(found.input_type).FromString,
            response_serializer=lambda message: message.SerializeToString(),
        )

    def _answer(self, method: MethodDescriptor, request: Message, context: grpc.ServicerContext) -> Message:
        name = f"{method.containing_service.name}.{method.name}"
        with self._lock:
            self.asked.append((name, request))
            self.tokens.append(str(dict(context.invocation_metadata()).get("authorization", "")))
        if name not in self.answers:
            return GetMessageClass(method.output_type)()
        answer = self.answers[name](request)
        if isinstance(answer, DomainError):
            details = ((STATUS_METADATA, to_status(answer).SerializeToString()),)
            context.set_trailing_metadata(details)
            context.abort(answer.code, answer.message)
        return answer


@pytest.fixture
def neighbours() -> Iterator[Neighbours]:
    """All services behind a page on one port, for tests that need what they say."""
    made = Neighbours()
    server = grpc.server(ThreadPoolExecutor(4), handlers=[made])
    made.target = f"{LOOPBACK}:{server.add_insecure_port(f'{LOOPBACK}:0')}"
    server.start()
    yield made
    server.stop(None).wait()


@pytest.fixture
def targets(request: pytest.FixtureRequest) -> dict[str, str]:
    """Where a page finds the services: nowhere, unless the test asks for `neighbours`. What needs one must say so."""
    if "neighbours" not in request.fixturenames:
        return {}
    target = request.getfixturevalue("neighbours").target
    return {f"{name}_target": target for name in BACK_ENDS}


def _method(path: str) -> MethodDescriptor | None:
    service, _, name = path.strip("/").partition("/")
    for file in FILES:
        for found in file.DESCRIPTOR.services_by_name.values():
            if found.full_name == service:
                method: MethodDescriptor | None = found.methods_by_name.get(name)
                return method
    return None
