"""One span for each request, named by its route: never by an address that holds a token."""

import secrets
from collections.abc import Iterable
from typing import TYPE_CHECKING

from flask import Flask, Response, g, request
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import SpanKind, Status, StatusCode

from kernel import telemetry

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_tracer = trace.get_tracer("kontor.web")


class RequestSpans:
    """WSGI middleware; the span's context is what `kernel.channel` sends on to services."""

    def __init__(self, app: "WSGIApplication") -> None:
        self._app = app

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        method = environ["REQUEST_METHOD"]
        with telemetry.span(
            _tracer,
            method,
            # A trace begins here: who comes from outside decides neither its id nor whether it is recorded.
            context=Context(),
            kind=SpanKind.SERVER,
            attributes={"http.request.method": method},
        ):
            return self._app(environ, start_response)


def install(app: Flask) -> None:
    """Wrap the application and name each span once its route is known."""
    app.wsgi_app = RequestSpans(app.wsgi_app)  # type: ignore[method-assign]

    @app.after_request
    def describe(response: Response) -> Response:
        span = trace.get_current_span()
        route = request.url_rule.rule if request.url_rule else "unknown"
        span.update_name(f"{request.method} {route}")
        span.set_attribute("http.route", route)
        span.set_attribute("http.response.status_code", response.status_code)
        if response.status_code >= 500:
            span.set_status(Status(StatusCode.ERROR))
        return response


def reference() -> str:
    """What a visitor can tell support: the trace's id, or a random one without tracing."""
    if "reference" not in g:
        context = trace.get_current_span().get_span_context()
        g.reference = f"{context.trace_id:032x}"[:12] if context.is_valid else secrets.token_hex(6)
    return str(g.reference)
