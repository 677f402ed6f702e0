"""Stage trace: one trace from the caller's click through gRPC, outbox and broker into the consumer."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from kontor.tickets.v1 import tickets_pb2
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode
from sqlalchemy import text
from werkzeug.test import Client

from kernel.consuming import Delivered
from kernel.errors import FailedPrecondition
from kernel.web.trace import RequestSpans
from tests.kernel.bus import Line
from tests.kernel.conftest import Sample
from tests.kernel.sample import creation, until

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

Spans = InMemorySpanExporter


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    """Everything that ends while the test runs."""
    exporter = InMemorySpanExporter()
    provider = trace.get_tracer_provider()
    if not isinstance(provider, TracerProvider):
        provider = TracerProvider()
        trace.set_tracer_provider(provider)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    yield exporter
    exporter.shutdown()


def by_name(spans: InMemorySpanExporter) -> dict[str, ReadableSpan]:
    return {span.name: span for span in spans.get_finished_spans()}


async def test_one_trace_from_click_to_consumer(sample: Sample, line: Line, spans: Spans) -> None:
    async def handle(_: Delivered) -> None:
        with trace.get_tracer("test").start_as_current_span("effect"):
            pass

    line.relay()
    line.consume(handle)
    with trace.get_tracer("test").start_as_current_span("click") as click:
        await sample.client("agent").CreateTicket(creation())

    async def consumed() -> bool:
        return "tickets.ticket.opened process" in by_name(spans)

    await until(consumed)
    found = by_name(spans)
    chain = [
        "click",
        "kontor.tickets.v1.Tickets/CreateTicket",
        "tickets.ticket.opened process",
        "effect",
    ]
    assert {found[name].context.trace_id for name in chain} == {click.get_span_context().trace_id}
    consumer, effect = found[chain[2]], found[chain[3]]
    assert consumer.parent is not None
    assert effect.parent is not None
    assert effect.parent.span_id == consumer.context.span_id


async def test_a_consumer_that_fails_shows_the_kind_of_its_error_only(
    sample: Sample, line: Line, spans: Spans
) -> None:
    async def handle(_: Delivered) -> None:
        raise RuntimeError("anna@example.org")

    line.relay()
    line.consume(handle)
    await sample.client("agent").CreateTicket(creation())

    async def failed() -> bool:
        return "tickets.ticket.opened process" in by_name(spans)

    await until(failed)
    span = by_name(spans)["tickets.ticket.opened process"]
    assert span.status.description == "RuntimeError"
    assert "anna" not in span.to_json()


async def test_the_trace_stands_in_the_audit_entry(sample: Sample, spans: Spans) -> None:
    await sample.client("agent").CreateTicket(creation())
    server = next(s for s in spans.get_finished_spans() if s.kind is trace.SpanKind.SERVER)
    async with sample.database.reading() as session:
        noted = await session.scalar(text("SELECT trace_id FROM audit_entry"))
    assert noted == format(server.context.trace_id, "032x")


async def test_a_refusal_marks_its_span_with_the_reason_only(sample: Sample, spans: Spans) -> None:
    async def refuse(_: object) -> None:
        raise FailedPrecondition("Not now, Anna.", reason="NOT_NOW")

    sample.rpc.deeds.append(refuse)
    with pytest.raises(FailedPrecondition):
        await sample.client("agent").CreateTicket(creation())
    server = next(s for s in spans.get_finished_spans() if s.kind is trace.SpanKind.SERVER)
    assert server.status.status_code is StatusCode.ERROR
    assert (server.attributes or {})["error.type"] == "NOT_NOW"
    assert not server.events
    assert "Anna" not in server.to_json()


async def test_spans_hold_no_request_value(sample: Sample, spans: Spans) -> None:
    await sample.client("agent").CreateTicket(creation(body="Frau Krüger hat angerufen."))
    await sample.client("agent").GetTicket(tickets_pb2.GetTicketRequest(ticket_id=creation().request_id))
    assert not any("Krüger" in span.to_json() for span in spans.get_finished_spans())


def test_who_comes_from_outside_chooses_no_trace(spans: Spans) -> None:
    chosen = "4bf92f3577b34da6a3ce929d0e0e4736"
    headers = {"traceparent": f"00-{chosen}-00f067aa0ba902b7-00"}

    def page(environ: "WSGIEnvironment", start_response: "StartResponse") -> list[bytes]:
        start_response("200 OK", [])
        return [f"{trace.get_current_span().get_span_context().trace_id:032x}".encode()]

    answer = Client(RequestSpans(page)).get("/", headers=headers)
    assert answer.text != chosen
    # The flag 00 asked for no record of the request.
    assert "GET" in by_name(spans)
