"""Stage trace: continues the caller's W3C trace and measures the call."""

from __future__ import annotations

from typing import Any

from opentelemetry import propagate, trace
from opentelemetry.trace import SpanKind

from kernel.rpc.call import Call, Proceed

_tracer = trace.get_tracer("kontor.rpc")


async def trace_stage(call: Call, request: Any, proceed: Proceed) -> Any:
    """One server span per call; its name is the method, its attributes hold no personal value."""
    parent = propagate.extract(call.metadata)
    service, _, method = call.method.full_name.strip("/").rpartition("/")
    with _tracer.start_as_current_span(
        f"{service}/{method}",
        context=parent,
        kind=SpanKind.SERVER,
        attributes={"rpc.system": "grpc", "rpc.service": service, "rpc.method": method},
        record_exception=False,
        set_status_on_exception=False,
    ) as span:
        context = span.get_span_context()
        call.trace_id = format(context.trace_id, "032x") if context.is_valid else ""
        return await proceed(call, request)
