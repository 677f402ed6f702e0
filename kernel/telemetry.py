"""Logs, traces and metrics that cannot hold a personal value: what is rendered is on an allow-list."""

from __future__ import annotations

import json
import logging
import re
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, DEFAULT_ON
from opentelemetry.trace import Status, StatusCode

# Fields that a log record may show. A name is added here only if its values are never personal.
ALLOWED_FIELDS = frozenset(
    {
        "attempt", "campaign", "code", "consumer", "count", "delivered", "error", "file", "function", "holder", "job",
        "line", "method", "number", "port", "reason", "reference", "request_id", "seconds", "service",
        "stream", "subject",
    }
)  # fmt: skip
REDACTED = "[redacted]"
_VALUE_BEGINS = re.compile(r"[\n:='\"<({\[@]")


class Logger:
    """Structured records: a constant event text, and fields from the allow-list."""

    def __init__(self, name: str) -> None:
        self._log = logging.getLogger(name)

    def info(self, event: str, **fields: Any) -> None:
        self._write(logging.INFO, event, fields)

    def warning(self, event: str, **fields: Any) -> None:
        self._write(logging.WARNING, event, fields)

    def error(self, event: str, **fields: Any) -> None:
        self._write(logging.ERROR, event, fields)

    def _write(self, level: int, event: str, fields: dict[str, Any]) -> None:
        if self._log.isEnabledFor(level):
            self._log.log(level, event, extra={"fields": {k: _shown(k, v) for k, v in fields.items()}})


def get_logger(name: str) -> Logger:
    """The logger of a module; call with `__name__`."""
    return Logger(name)


def _shown(name: str, value: Any) -> Any:
    if name not in ALLOWED_FIELDS:
        return REDACTED
    return value if isinstance(value, bool | int | float) or value is None else str(value)[:200]


class _JsonFormatter(logging.Formatter):
    """One JSON object a line. Arguments of foreign records are left out: they may quote a row."""

    def format(self, record: logging.LogRecord) -> str:
        span = trace.get_current_span().get_span_context()
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": _event(record),
        }
        if span.is_valid:
            line["trace_id"] = format(span.trace_id, "032x")
        line.update(getattr(record, "fields", {}))
        if record.exc_info and record.exc_info[1] is not None:
            line.update(place_of(record.exc_info[1]))
        return json.dumps(line, ensure_ascii=False)


def _event(record: logging.LogRecord) -> str:
    if not isinstance(record.msg, str):
        return type(record.msg).__name__
    if hasattr(record, "fields"):
        return record.msg
    # Another library may have put a value into its text (asyncio shows an exception's); a constant
    # beginning says enough to find the place.
    return _VALUE_BEGINS.split(record.msg, maxsplit=1)[0].strip()


def place_of(error: BaseException) -> dict[str, Any]:
    """Kind and place of an error, without its text: drivers quote values in theirs."""
    frames = traceback.extract_tb(error.__traceback__)
    place = frames[-1] if frames else None
    return {
        "error": type(error).__name__,
        "file": place.filename.rsplit("/", 2)[-1] if place else "",
        "line": place.lineno if place else 0,
        "function": place.name if place else "",
    }


def set_up(*, service: str, level: str = "INFO", otlp_endpoint: str | None = None) -> TracerProvider:
    """Logs to standard error as JSON and traces to the OTLP endpoint, if there is one."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonFormatter())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.getLogger("sqlalchemy.engine").setLevel(logging.WARNING)
    # Without anybody to send them to, spans are not recorded; their ids still travel, into logs and audit.
    provider = TracerProvider(
        resource=Resource.create({"service.name": f"kontor-{service}"}),
        sampler=DEFAULT_ON if otlp_endpoint else ALWAYS_OFF,
    )
    if otlp_endpoint:
        from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter

        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=otlp_endpoint)))
    trace.set_tracer_provider(provider)
    return provider


@contextmanager
def span(tracer: trace.Tracer, name: str, **options: Any) -> Iterator[trace.Span]:
    """A span that names the kind of an error and never its text: drivers quote rows in theirs."""
    with tracer.start_as_current_span(
        name, record_exception=False, set_status_on_exception=False, **options
    ) as started:
        try:
            yield started
        except Exception as error:
            mark_error(getattr(error, "reason", type(error).__name__))
            raise


def mark_error(reason: str) -> None:
    """Marks the current span as failed, with the reason's key."""
    span = trace.get_current_span()
    span.set_status(Status(StatusCode.ERROR, reason))
    span.set_attribute("error.type", reason)
