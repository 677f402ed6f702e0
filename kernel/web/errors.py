"""Turns whatever went wrong into a page: what happened, what was kept, what to do."""

import grpc
from flask import Flask, g, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from werkzeug.exceptions import HTTPException

from kernel.errors import DomainError, from_rpc_error
from kernel.telemetry import get_logger, place_of
from kernel.web.explanations import LOGIN_REFUSED, PROVIDER_DOWN, Explanation, explain
from kernel.web.login import ask_to_log_in, current_login
from kernel.web.provider import LoginRefused, ProviderUnavailable
from kernel.web.trace import reference

_log = get_logger(__name__)

_HTTP = {
    grpc.StatusCode.INVALID_ARGUMENT: 400,
    grpc.StatusCode.OUT_OF_RANGE: 400,
    grpc.StatusCode.PERMISSION_DENIED: 403,
    grpc.StatusCode.NOT_FOUND: 404,
    grpc.StatusCode.ALREADY_EXISTS: 409,
    grpc.StatusCode.ABORTED: 409,
    grpc.StatusCode.FAILED_PRECONDITION: 409,
    grpc.StatusCode.RESOURCE_EXHAUSTED: 429,
    grpc.StatusCode.UNAVAILABLE: 503,
    grpc.StatusCode.DEADLINE_EXCEEDED: 503,
}


def install(app: Flask) -> None:
    """Register a page for every kind of failure."""
    app.register_error_handler(grpc.RpcError, _rpc_error)
    app.register_error_handler(DomainError, _domain_error)
    app.register_error_handler(CSRFError, lambda error: _page(explain(419)))
    app.register_error_handler(ProviderUnavailable, lambda error: _page(PROVIDER_DOWN))
    app.register_error_handler(LoginRefused, _login_refused)
    app.register_error_handler(OperationalError, _database_down)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _unexpected)


def error_page(status: int) -> ResponseReturnValue:
    """The page of this status, for handlers that say more in one case and the usual in all others."""
    return _page(explain(status))


def http_status(error: DomainError) -> int:
    """The HTTP status that says the same as the gRPC code."""
    return _HTTP.get(error.code, 500)


def _rpc_error(error: grpc.RpcError) -> ResponseReturnValue:
    return _domain_error(from_rpc_error(error))


def _domain_error(error: DomainError) -> ResponseReturnValue:
    if error.code is grpc.StatusCode.UNAUTHENTICATED:
        return ask_to_log_in()
    status = http_status(error)
    if status >= 500:
        # Reason and metadata hold keys, ids and numbers only (kernel.errors).
        _log.warning("a call failed", reason=error.reason, reference=reference())
    return _page(explain(status), detail=error.metadata.get("reference", ""))


def _login_refused(error: LoginRefused) -> ResponseReturnValue:
    _log.warning("login refused", reason=str(error), reference=reference())
    return _page(LOGIN_REFUSED)


def _database_down(error: OperationalError) -> ResponseReturnValue:
    _log.error("the session database failed", error=type(error.orig).__name__, reference=reference())
    return _page(explain(503))


def _http_error(error: HTTPException) -> ResponseReturnValue:
    if error.code is None or error.code < 400:
        return error.get_response()
    return _page(explain(error.code))


def _unexpected(error: Exception) -> ResponseReturnValue:
    _log.error("unexpected error", reference=reference(), **place_of(error))
    return _page(explain(500))


def _page(explanation: Explanation, *, detail: str = "") -> ResponseReturnValue:
    _settle_login()
    fragment = bool(request.headers.get("HX-Request"))
    template = "chrome/error_fragment.html" if fragment else "chrome/error.html"
    html = render_template(
        template, error=explanation, reference=detail or reference(), status=explanation.status
    )
    return html, explanation.status


def _settle_login() -> None:
    """Whose menu the page shows; what failed once must not fail the error page too."""
    if "login" not in g:
        try:
            current_login()
        except (SQLAlchemyError, ProviderUnavailable):
            g.login = None
