"""An OTLP collector for tests: takes what the processes export and shows it as spans."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc

from devstack.ports import LOOPBACK


@dataclass(frozen=True)
class Span:
    """One exported span, as its process named it."""

    service: str
    name: str
    trace_id: str
    text: str


@dataclass
class Collector(trace_service_pb2_grpc.TraceServiceServicer):
    """`spans` grows while the processes export, every few seconds."""

    endpoint: str = ""
    spans: list[Span] = field(default_factory=list)

    def Export(self, request: Any, context: Any) -> Any:
        for resource in request.resource_spans:
            named = {a.key: a.value.string_value for a in resource.resource.attributes}
            self.spans += [
                Span(named["service.name"], span.name, span.trace_id.hex(), str(span))
                for scope in resource.scope_spans
                for span in scope.spans
            ]
        return trace_service_pb2.ExportTraceServiceResponse()

    def trace_of(self, service: str, name: str) -> list[Span]:
        """All spans of the newest trace in which `service` has a span of that name."""
        found = [s for s in self.spans if s.service == service and s.name == name]
        return [s for s in self.spans if found and s.trace_id == found[-1].trace_id]


@contextmanager
def collecting() -> Iterator[Collector]:
    """A running collector on a free port."""
    collector = Collector()
    server = grpc.server(ThreadPoolExecutor(2))
    trace_service_pb2_grpc.add_TraceServiceServicer_to_server(collector, server)  # type: ignore[no-untyped-call]
    collector.endpoint = f"http://{LOOPBACK}:{server.add_insecure_port(f'{LOOPBACK}:0')}"
    server.start()
    try:
        yield collector
    finally:
        server.stop(1).wait()
